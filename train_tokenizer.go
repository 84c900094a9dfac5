package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"seedls/engine/train/bpe"
	"seedls/engine/train/corpus"
)

// tokenizerTraining is what "train tokenizer" is asked for.
type tokenizerTraining struct {
	options    bpe.Options
	sampleMB   int
	extensions []string
	heldOut    []string
	corpus     string
	out        string
}

// tokenizerResult is what it answers.
type tokenizerResult struct {
	Out        string `json:"out"`
	Vocab      int    `json:"vocab"`
	Superwords int    `json:"superwords"`
	bpe.Stats
	LeftOutFiles  int     `json:"left_out_files"` // not UTF-8, or too large
	HeldOutBytes  int64   `json:"held_out_bytes"`
	HeldOutTokens int64   `json:"held_out_tokens"`
	BytesPerToken float64 `json:"bytes_per_token"` // on what was held out; 0 where nothing was
	Seconds       float64 `json:"seconds"`
}

func trainTokenizerCommand() *cobra.Command {
	var t tokenizerTraining
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tokenizer {PATH... | --corpus FILE}",
		Short: "Learn the vocabulary of a model from text",
		Long: `Learn a byte-level BPE vocabulary from files, or from all files with one of the
extensions below directories, and write it as a tokenizer.json.

Tokens are learned in two stages: of words, then of lines, where a token may hold
several words: a superword, such as "if err != nil {" with the line end and the
tabs before it. More superwords make fewer tokens of a text, and rarer ones.

One document of a hundred, chosen by its contents, is held out, and the result
says how many bytes of those a token holds; --held-out names other documents to
measure on, and what has the same contents is not learned from. Files that are not
UTF-8 or are larger than 16 MiB are left out. --corpus takes what "seedls train
corpus" wrote, and measures on what that held out.

It takes about seven times as much memory as the sample has bytes. The same text
and settings give the same file, however many threads there are.`,
		Example: `  seedls train tokenizer --out tokenizer.json --corpus corpus
  seedls train tokenizer --out tokenizer.json ~/go/src
  seedls train tokenizer --vocab 32768 --superwords 16000 --ext .go,.py --out tokenizer.json src
  seedls train tokenizer --held-out test --out tokenizer.json --json src`,
		Args: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 0) != (t.corpus != "") {
				return errors.New("tokenizer wants text: paths of files and directories, or --corpus FILE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			bar := newProgress(cmd.ErrOrStderr(), false)
			defer bar.end()
			t.options.Observe = bar.observe
			result, err := t.run(cmd.Context(), args)
			if err != nil {
				return err
			}
			bar.end()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
			}
			return result.print(cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&t.options.Vocab, "vocab", 16384, "`NUMBER` of tokens, special ones and bytes among them")
	flags.IntVar(&t.options.Superwords, "superwords", 8000, "`NUMBER` of tokens learned from lines, part of the vocabulary")
	flags.IntVar(&t.sampleMB, "sample", 256, "learn from about so many `MB` at most, drawn from the documents")
	flags.StringSliceVar(&t.extensions, "ext", []string{".go"}, "`EXTENSIONS` of the files to take from directories; empty for all files")
	flags.StringArrayVar(&t.heldOut, "held-out", nil, "measure on these files, or those below this directory; may be given more than once")
	flags.StringVar(&t.corpus, "corpus", "", "learn from the corpus `FILE`")
	cmd.MarkFlagsMutuallyExclusive("corpus", "held-out")
	cmd.MarkFlagsMutuallyExclusive("corpus", "ext")
	flags.StringVar(&t.out, "out", "", "`FILE` to write, replaced once it is complete")
	flags.IntVar(&t.options.Threads, "threads", processors, "number of threads that count")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	_ = cmd.MarkFlagRequired("out") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagFilename("out", "json")
	return cmd
}

func (t *tokenizerTraining) run(ctx context.Context, paths []string) (*tokenizerResult, error) {
	begin := time.Now()
	t.options.SampleBytes = int64(t.sampleMB) * 1e6
	if err := t.options.Check(); err != nil {
		return nil, usageError{err}
	}
	learned, heldOut, leftOut, err := t.texts(paths)
	if err != nil {
		return nil, err
	}
	vocabulary, stats, err := bpe.Train(ctx, learned, t.options)
	if err != nil {
		return nil, err
	}
	r := &tokenizerResult{
		Out: t.out, Vocab: vocabulary.Size(), Superwords: t.options.Superwords, Stats: stats, LeftOutFiles: leftOut(),
	}
	if r.HeldOutBytes, r.HeldOutTokens, err = bpe.Measure(ctx, vocabulary, heldOut); err != nil {
		return nil, err
	}
	if r.HeldOutTokens > 0 {
		r.BytesPerToken = float64(r.HeldOutBytes) / float64(r.HeldOutTokens)
	}
	data, err := vocabulary.JSON()
	if err != nil {
		return nil, err
	}
	if err := writeFile(t.out, data); err != nil {
		return nil, err
	}
	r.Seconds = time.Since(begin).Seconds()
	return r, nil
}

// texts are what to learn from and what to measure on; leftOut is the number of files that were neither, once both were
// read.
func (t *tokenizerTraining) texts(paths []string) (learned, heldOut bpe.Corpus, leftOut func() int, err error) {
	if t.corpus != "" {
		return documents(t.corpus), documents(corpus.HeldOutFile(t.corpus)), func() int { return 0 }, nil
	}
	files, err := bpe.FindFiles(paths, t.extensions)
	if err != nil {
		return nil, nil, nil, err
	}
	learned, heldOut, err = t.divide(files.Texts)
	return learned, heldOut, files.LeftOut, err
}

// documents are the texts of a corpus, which is opened each time that it is read.
func documents(file string) bpe.Corpus {
	return func(yield func(string, error) bool) {
		c, err := corpus.Open(file)
		if err != nil {
			yield("", err)
			return
		}
		defer c.Close()
		for i := range c.Len() {
			document, err := c.Document(i)
			if !yield(document.Text, err) || err != nil {
				return
			}
		}
	}
}

// divide a corpus into what to learn from and what to measure on.
func (t *tokenizerTraining) divide(all bpe.Corpus) (learned, heldOut bpe.Corpus, err error) {
	if len(t.heldOut) == 0 {
		learned, heldOut = bpe.Split(all)
		return learned, heldOut, nil
	}
	others, err := bpe.FindFiles(t.heldOut, t.extensions)
	if err != nil {
		return nil, nil, fmt.Errorf("--held-out: %w", err)
	}
	learned, err = bpe.Without(all, others.Texts)
	return learned, others.Texts, err
}

func (r *tokenizerResult) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s: %d tokens, %d of them superwords, learned from %.1f of %.1f MB in %d documents in %.1f s\n",
		r.Out, r.Vocab, r.Superwords, float64(r.SampledBytes)/1e6, float64(r.Bytes)/1e6, r.Documents, r.Seconds)
	if err != nil {
		return err
	}
	if r.LeftOutFiles > 0 {
		fmt.Fprintf(w, "%d files were left out: not UTF-8, or larger than %d MiB\n", r.LeftOutFiles, bpe.MaxFileBytes>>20)
	}
	if r.HeldOutTokens == 0 {
		_, err = fmt.Fprintln(w, "No document was held out: there are too few. Name some with --held-out.")
		return err
	}
	_, err = fmt.Fprintf(w, "%.2f bytes a token on %.1f MB held out\n", r.BytesPerToken, float64(r.HeldOutBytes)/1e6)
	return err
}
