// A document as the client has it, in any of the protocol's position encodings: the plainest thing that can be right.
export class Mirror {
  constructor(text, encoding) {
    this.text = text;
    this.encoding = encoding;
    this.version = 1;
  }

  // The lines, each with its line break.
  lines() {
    return this.text.split(/(?<=\r\n|\n|\r(?!\n))/);
  }

  width(text) {
    switch (this.encoding) {
      case 'utf-8':
        return Buffer.byteLength(text);
      case 'utf-32':
        return [...text].length;
      default:
        return text.length;
    }
  }

  // The position of an offset into the string.
  position(offset) {
    const before = this.text.slice(0, offset).split(/\r\n|\n|\r/);
    return { line: before.length - 1, character: this.width(before.at(-1)) };
  }

  // The offset of a position: that of the line's end, before its line break, for a character past it.
  offset({ line, character }) {
    const lines = this.lines();
    if (line >= lines.length) return this.text.length;
    let offset = lines.slice(0, line).join('').length;
    for (const c of lines[line].replace(/[\r\n]+$/, '')) {
      character -= this.width(c);
      if (character < 0) break;
      offset += c.length;
    }
    return offset;
  }

  // Replaces a part of the text, and returns the change for the server.
  edit(start, end, text) {
    const change = { range: { start: this.position(start), end: this.position(end) }, text };
    this.text = this.text.slice(0, start) + text + this.text.slice(end);
    return change;
  }

  // Applies a text edit of the server.
  apply({ range, newText }) {
    return this.edit(this.offset(range.start), this.offset(range.end), newText);
  }

  // What stands on the line before an offset.
  lineBefore(offset) {
    return this.text.slice(0, offset).split(/\r\n|\n|\r/).at(-1);
  }
}
