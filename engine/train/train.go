// Package train computes what a model learns from: the loss of a training sequence and its gradients.
//
// The transformer is that of package backbone, which says what layers are made of and in which order they compute. Its
// forward pass is written here a second time, beside its backward pass, since package transformer's wants other things:
// there one canvas over a cache of a context that never changes, all workers on one product, and nothing kept; here all
// rows of a sequence at once, some for each worker, and each layer's inputs kept until the gradients come back. The parts:
//
//   - [Parameters] are the weights in float32, or their gradients, by their names in a checkpoint;
//   - a [Sequence] is one context and many canvases over it, packed, with what each row is to predict;
//   - a [Pass] computes the [Loss] of a sequence and adds its gradients to a set of parameters.
//
// Products run on the packed matrices of package kernel, in float32 or bfloat16; the rest is float32. Backward passes
// recompute what is cheap, norms, rotations, activations and attention weights, and logits exist for some rows at a time.
// Results do not depend on the number of threads, to the bit: each sum has its place and its order.
//
// The packages below this one are the other parts of training, in the order in which they are used: corpus makes the text to
// learn from, bpe the tokens, sample the sequences, and rollout those of what a model wrote itself; optimize changes the
// parameters by their gradients, state saves a run and its model, and trainer is the run itself, which "seedls train run"
// starts.
package train
