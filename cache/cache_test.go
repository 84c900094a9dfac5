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
	store.Show(document, Shown{Prefix: "defer s.", Suffix: "\n}\n", Texts: []string{"mu.Unlock()", "mu.RUnlock()", "close()"}})
	for _, test := range []struct {
		name                     string
		document, prefix, suffix string
		rests                    []string
	}{
		{"same place", document, "defer s.", "\n}\n", []string{"mu.Unlock()", "mu.RUnlock()", "close()"}},
		{"typed along two", document, "defer s.mu", "\n}\n", []string{".Unlock()", ".RUnlock()"}},
		{"typed along one", document, "defer s.mu.U", "\n}\n", []string{"nlock()"}},
		{"typed to the end", document, "defer s.mu.Unlock()", "\n}\n", nil},
		{"typed past the end", document, "defer s.mu.Unlock();", "\n}\n", nil},
		{"typed something else", document, "defer s.conn", "\n}\n", nil},
		{"went back before the hole", document, "defer s", "\n}\n", nil},
		{"the suffix changed", document, "defer s.mu", ")\n}\n", nil},
		{"another document", "file:///b.go", "defer s.", "\n}\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			rests := store.Rests(test.document, test.prefix, test.suffix)
			if !slices.Equal(rests, test.rests) {
				t.Errorf("got %q, want %q", rests, test.rests)
			}
		})
	}

	store.Show(document, Shown{Prefix: "defer s.m", Suffix: "\n}\n", Texts: []string{"utex.Unlock()"}})
	if rests := store.Rests(document, "defer s.mu", "\n}\n"); !slices.Equal(rests, []string{"tex.Unlock()"}) {
		t.Errorf("the newest does not answer first: %q", rests)
	}
	store.Forget(document)
	if rests := store.Rests(document, "defer s.", "\n}\n"); rests != nil {
		t.Errorf("a forgotten document answers: %q", rests)
	}
}

func TestTypedThroughIsBounded(t *testing.T) {
	store := NewTypedThrough(100)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 1000 {
				store.Show(string(rune('a'+i%26)), Shown{Prefix: "0123456789", Texts: []string{"01234", "56789"}})
			}
		})
	}
	wait.Wait()
	if n, _ := store.shown.Bytes(); n == 0 || n > 100 {
		t.Errorf("holds %d bytes of 100", n)
	}
}
