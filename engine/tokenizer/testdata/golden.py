"""Writes the golden cases of this package with the Hugging Face library.

    pip install tokenizers
    python golden.py

Each folder beside this file gets a tokenizer.json, trained on the text below, and a golden.json: texts, the tokens
that encode(text, add_special_tokens=False) gives, and what decode makes of those where it is another text. The
built-in model, in lines, has cases only.
"""

import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
BUILTIN = HERE / "../../builtin/seed-go-8m/tokenizer.json"

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")

CORPUS = '''package harbour

import (
	"errors"
	"fmt"
	"time"
)

// A Berth holds one ship at a time. It's safe for concurrent use; don't copy it.
type Berth struct {
	number  int
	tide    float64
	waiting []string
}

func (b *Berth) Dock(ship string, at time.Time) (int, error) {
	if ship == "" {
		return 0, errors.New("harbour: a ship without a name can't dock")
	}
	for i, name := range b.waiting {
		if name == ship {
			return i, fmt.Errorf("harbour: %s waits at %d since %v", ship, i, at)
		}
	}
	b.waiting = append(b.waiting, ship)
	return len(b.waiting), nil
}

def tally(rows, key="weight", limit=1024):
    total = 0.0
    for row in rows:
        if row.get(key) is None:
            continue
        total += float(row[key])
        if total > limit:
            raise ValueError(f"too heavy: {total:.2f} > {limit}")
    return total

The pilots say they've never seen a winter like it, and we'll believe them: on 1987-12-31 the quay was white, the
cranes were still, and the year 2024 wasn't any warmer. "You're early," said the clerk; "I'd have thought he'd wait."
Ships, shipping, shipped; dock, docks, docking, docked; weigh, weight, weights, weighing. 3.14159, 2718281828, 10, 100.
Le port était gelé, naïve façade, Überfahrt über die Straße, мы ждали корабль, корабли шли, 船が港に着いた, 港口很冷,
배가 항구에 도착했다, السفينة في الميناء, जहाज़ बंदरगाह में, café cafe\u0301, 🚢🚢 ⚓️ 👩‍🔧 👍🏽.
'''

CASES = [
    "", " ", "  ", "\n", "\r", "\r\n", "\t", "a", "é", "船", "🚢", "\x00", "\x7f", "\u00a0", "\u2028", "\ufeff", "\ufffd",
    "hello world", "  hello   world  ", "hello \n world", "\n\n\n  x", "x\n\n\n", "\r\n\r\n\tx\r\n", "\r\r\n\n\r", "a\rb",
    "x \r\n y", "tab\tand  two  spaces ", "\u3000wide\u3000spaces\u00a0here \u2003 there", " \u0085 \x0b\x0c x",
    "it's we've you're I'm he'd they'll can't", "IT'S WE'VE YOU'RE I'M HE'D THEY'LL CAN'T", "'S'T'RE'VE'M'LL'D",
    "'\u017f is a long s, O\u2019Brien isn't", "'l 'r 'v ' 's", "x'llama'revolt''s", "1'd 2's 3'm",
    "0", "12", "123", "1234", "1234567890", "3.14159", "1,234,567", "v1.26.8", "x2y3", "\u0661\u0662\u0663\u0664 \u2167 \u00bd\u00b2",
    "caf\u00e9", "cafe\u0301", "\u1e9b\u0323", "\u1100\u1161\u11a8", "\uac01", "\u212b \u00c5 A\u030a", "e\u0301\u0301\u0301", "\u0301x",
    "船が港に着いた。港口很冷，", "배가 항구에", "السفينة في الميناء", "जहाज़ बंदरगाह", "мы ждали корабль", "Straße ÜBERFAHRT \u01c5",
    "👩‍🔧👨‍👩‍👧‍👦", "👍🏽 🇳🇴🇸🇪", "⚓️⚓ x🚢y", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "a\u200db\u200cc",
    "if err != nil {\n\treturn nil, err\n}\n", "func (b *Berth) Dock() error {\r\n\treturn nil\r\n}\r\n",
    "for (int i = 0; i < n; i++) { a[i] = b->c; }", "    def f(self):\n        pass\n", "x:=map[string][]int{\"a\":{1,2}}",
    "!!!???...", " (", "( )", "--- \n\n ---", "a+b == c && !d // done\n", "/* x */\n\n\n\n/* y */", "\"\\n\\t\\\"\"",
    "<|endoftext|>", "a<|endoftext|>b", "<|endoftext|><|endoftext|>", " <|mask|> ", "<|mask|", "<|<|mask|>|>", "<|end|><|end",
    "<|prefix|>x<|suffix|>\n\ty<|file|>z.go", "<tool_call>{\"a\": 1}</tool_call>", "<a><b>", "<a><a><b><b>", "x <a> y",
    "\u212bngstrom <\u1e69> <s\u0323\u0307> <s\u0307\u0323>", "a" * 300, "ab " * 100, " " * 300, "\t" * 130 + "x", "\n" * 200, "x" * 127 + "é" * 3 + "y" * 130,
    "船" * 129, ("x" * 128 + "\n") * 2, "\n" + " " * 40 + "z" * 128 + "w", "!" * 257, "1" * 257, "\r\n" * 5 + " \t" * 70 + "q" * 129,
    CORPUS,
]


def random_texts(count):
    """Texts that put unlike characters side by side."""
    draw = random.Random(1)
    alphabet = list("aabcdstrevml'''  \t\n\n\r.,(){}<|>_=1234ASTDLM") + [
        "\r\n", "'ll", "'RE", "'\u017f", "  ", "\u00a0", "\u3000", "\u2028", "\u0085", "é", "e\u0301", "ß", "\u01c5", "船", "가", "\u0661",
        "\u00b2", "\u2167", "🚢", "👩‍🔧", "\u200d", "\u0301", "\ufffd", "\x00", "<|mask|>", "<|endoftext|>", "return", "err != nil",
    ]
    return ["".join(draw.choices(alphabet, k=draw.randint(1, 40))) for _ in range(count)]


def write_golden(folder, tokenizer):
    cases = []
    for text in CASES + random_texts(250):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        case = {"text": text, "ids": ids}
        decoded = tokenizer.decode(ids)
        if decoded != text:
            case["decoded"] = decoded
        cases.append(case)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    folder.mkdir(exist_ok=True)
    (folder / "golden.json").write_text(
        f'{{"vocab_size":{tokenizer.get_vocab_size()},"cases":[\n{lines}\n]}}\n', encoding="utf-8")


def train(name, pre_tokenizer, added, normalizer=None, post_processor=None, ignore_merges=False, old_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator([CORPUS], trainer)
    if ignore_merges:
        tokenizer = with_token(tokenizer, "Ġharbourmaster")
    for token in added:
        (tokenizer.add_special_tokens if token.special else tokenizer.add_tokens)([token])
    tokenizer.decoder = decoders.ByteLevel()
    if post_processor:
        tokenizer.post_processor = post_processor(tokenizer)
    content = json.loads(tokenizer.to_str())
    if old_merges:
        content["model"]["merges"] = [" ".join(merge) for merge in content["model"]["merges"]]
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    write_golden(folder, Tokenizer.from_str(text))


def with_token(tokenizer, name):
    """Adds a token that no merge makes."""
    content = json.loads(tokenizer.to_str())
    content["model"]["vocab"][name] = tokenizer.get_vocab_size()
    return Tokenizer.from_str(json.dumps(content))


def special(content, **options):
    return AddedToken(content, special=True, **{"normalized": False, **options})


def split(pattern):
    return pre_tokenizers.Split(pattern, behavior="isolated")


def byte_level(**options):
    return pre_tokenizers.ByteLevel(**{"add_prefix_space": False, "use_regex": False, **options})


def main():
    CASES.extend([" harbourmaster", "harbourmaster harbourmaster"])
    write_golden(HERE / "lines", Tokenizer.from_file(str(BUILTIN)))
    train("gpt2", byte_level(use_regex=True), [special("<|endoftext|>", normalized=True)], old_merges=True)
    train(
        "llama3",
        pre_tokenizers.Sequence([split(Regex(LLAMA3)), byte_level()]),
        [special("<|begin_of_text|>"), special("<|endoftext|>"), special("<|mask|>")],
        post_processor=lambda t: processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<|begin_of_text|> $A",
                special_tokens=[("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))]),
        ]),
        ignore_merges=True)
    train(
        "qwen2",
        pre_tokenizers.Sequence([split(Regex(QWEN2)), byte_level()]),
        [special("<|endoftext|>"), special("<|mask|>"), AddedToken("<tool_call>", normalized=False, special=False),
         special("<a>"), special("<a><b>"), special("<\u1e69>", normalized=True)],
        normalizer=normalizers.NFC())
    train(
        "general",
        pre_tokenizers.Sequence([
            split("->"), split(Regex(r"[\r\n]")), split(Regex(r"\s?[A-Za-zÀ-ÿ]+|\s+$")), split(Regex(r"(\d)(?=\d*x)|(?i:END)|b*")),
            byte_level(add_prefix_space=True, use_regex=True)]),
        [special("<|endoftext|>")])


main()
