import React, { useState } from "react";

interface Props<T> {
  items: T[];
  onPush?: (item: T) => void;
}

export function QueueView({ items, onPush }: Props<string>) {
  const [text, setText] = useState<string>("");
  const push = () => {
    if (text !== "") {
      onPush?.(text);
      setText("");
    }
  };
  return (
    <div className={`queue ${items.length > 3 ? "long" : ""}`}>
      {items.map((item, i) => (
        <p key={i}>it&apos;s {item}</p>
      ))}
      <input value={text} onChange={(e) => setText(e.target.value)} />
      <button onClick={push}>Push</button>
    </div>
  );
}
