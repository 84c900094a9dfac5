package cache

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// TestLRU compares the cache with a list searched from end to end.
func TestLRU(t *testing.T) {
	const budget = 100
	type item struct{ key, value, bytes int }
	var model []item // most recently used first
	used := func() (n int) {
		for _, i := range model {
			n += i.bytes
		}
		return n
	}
	r := rand.New(rand.NewPCG(1, 2))
	c := NewLRU[int, int](budget)
	for step := range 20_000 {
		key := r.IntN(20)
		at := slices.IndexFunc(model, func(i item) bool { return i.key == key })
		switch op := r.IntN(9); {
		case op == 8:
			some := func(key int) bool { return key%7 == step%7 }
			model = slices.DeleteFunc(model, func(i item) bool { return some(i.key) })
			c.Drop(some)
		case op < 3:
			if at >= 0 {
				model = slices.Delete(model, at, at+1)
			}
			i := item{key, step, r.IntN(budget + 20)}
			if i.bytes <= budget {
				model = slices.Insert(model, 0, i)
			}
			for used() > budget {
				model = model[:len(model)-1]
			}
			c.Put(key, i.value, i.bytes)
		default:
			get := c.Get
			if op == 3 {
				get = c.Take
			}
			value, ok := get(key)
			if ok != (at >= 0) || ok && value != model[at].value {
				t.Fatalf("step %d: key %d gives %d, %v; the model has %v", step, key, value, ok, model)
			}
			if ok {
				i := model[at]
				model = slices.Delete(model, at, at+1)
				if op != 3 {
					model = slices.Insert(model, 0, i)
				}
			}
		}
		if kept, _ := c.Bytes(); kept != used() {
			t.Fatalf("step %d: %d bytes, want %d", step, kept, used())
		}
	}
}

func TestTypedThrough(t *testing.T) {
	const document = "file:///a.go"
	store := NewTypedThrough(1 << 20)
	store.Show(document, Shown{Prefix: "defer s.", Suffix: "\n}\n", Text: "mu.Unlock()"})
	for _, test := range []struct {
		name                     string
		document, prefix, suffix string
		rest                     string
		ok                       bool
	}{
		{"same place", document, "defer s.", "\n}\n", "mu.Unlock()", true},
		{"typed along", document, "defer s.mu.U", "\n}\n", "nlock()", true},
		{"typed to the end", document, "defer s.mu.Unlock()", "\n}\n", "", false},
		{"typed past the end", document, "defer s.mu.Unlock();", "\n}\n", "", false},
		{"typed something else", document, "defer s.conn", "\n}\n", "", false},
		{"went back before the hole", document, "defer s", "\n}\n", "", false},
		{"the suffix changed", document, "defer s.mu", ")\n}\n", "", false},
		{"another document", "file:///b.go", "defer s.", "\n}\n", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			rest, ok := store.Rest(test.document, test.prefix, test.suffix)
			if rest != test.rest || ok != test.ok {
				t.Errorf("got %q, %v; want %q, %v", rest, ok, test.rest, test.ok)
			}
		})
	}

	store.Show(document, Shown{Prefix: "defer s.m", Suffix: "\n}\n", Text: "utex.Unlock()"})
	if rest, _ := store.Rest(document, "defer s.mu", "\n}\n"); rest != "tex.Unlock()" {
		t.Errorf("the newest does not answer first: %q", rest)
	}
	store.Forget(document)
	if _, ok := store.Rest(document, "defer s.", "\n}\n"); ok {
		t.Error("a forgotten document answers")
	}
}

func TestTypedThroughIsBounded(t *testing.T) {
	store := NewTypedThrough(100)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 1000 {
				store.Show(string(rune('a'+i%26)), Shown{Prefix: "0123456789", Text: "0123456789"})
			}
		})
	}
	wait.Wait()
	if n, _ := store.shown.Bytes(); n == 0 || n > 100 {
		t.Errorf("holds %d bytes of 100", n)
	}
}
