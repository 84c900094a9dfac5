package structure

import "strings"

// A lexicon is what a language reserves and what it declares everywhere.
type lexicon struct{ keywords, builtins map[string]bool }

// Keyword says whether the language reserves the word, so that it is not a
// name.
func (l *Language) Keyword(word string) bool { return l.words.keywords[word] }

// Builtin says whether a name is declared in every file of the language.
func (l *Language) Builtin(name string) bool { return l.words.builtins[name] }

// wordSet makes a set of the words in some texts.
func wordSet(texts ...string) map[string]bool {
	set := map[string]bool{}
	for _, text := range texts {
		for word := range strings.FieldsSeq(text) {
			set[word] = true
		}
	}
	return set
}

var goWords = lexicon{
	keywords: wordSet(`break case chan const continue default defer else fallthrough for func go goto if import
		interface map package range return select struct switch type var`),
	builtins: wordSet(`any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64
		rune string uint uint8 uint16 uint32 uint64 uintptr true false iota nil append cap clear close complex copy
		delete imag len make max min new panic print println real recover`),
}

var pythonWords = lexicon{
	keywords: wordSet(`False None True and as assert async await break class continue def del elif else except finally
		for from global if import in is lambda nonlocal not or pass raise return try while with yield`),
	builtins: wordSet(`abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod
		compile complex delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals
		hasattr hash help hex id input int isinstance issubclass iter len list locals map max memoryview min next
		object oct open ord pow print property range repr reversed round set setattr slice sorted staticmethod str
		sum super tuple type vars zip copyright credits exit license quit match case`, `
		Ellipsis NotImplemented ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup
		BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError
		ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError EncodingWarning
		EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning
		GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError
		IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError
		NotADirectoryError NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError
		ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration
		StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError
		UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning
		UserWarning ValueError Warning ZeroDivisionError`, `
		__name__ __file__ __doc__ __package__ __spec__ __loader__ __builtins__ __debug__ __import__ __build_class__
		__class__ __annotations__ __dict__ __path__ __module__ __qualname__ reveal_type`),
}

const scriptKeywords = `await break case catch class const continue debugger default delete do else enum export extends
	false finally for function if import in instanceof let new null return static super switch this throw true try
	typeof var void while with yield`

const scriptBuiltins = `undefined NaN Infinity globalThis arguments as async from of get set eval isFinite isNaN
	parseFloat parseInt decodeURI
	decodeURIComponent encodeURI encodeURIComponent escape unescape Object Function Boolean Symbol Number BigInt Math
	Date String RegExp Array Map Set WeakMap WeakSet WeakRef Int8Array Uint8Array Uint8ClampedArray Int16Array
	Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array ArrayBuffer
	SharedArrayBuffer DataView Atomics JSON Promise Proxy Reflect Intl Iterator Error AggregateError EvalError
	RangeError ReferenceError SyntaxError TypeError URIError FinalizationRegistry
	console setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask
	structuredClone fetch performance crypto URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal
	Event EventTarget Blob File FormData Headers Request Response ReadableStream WritableStream TransformStream
	WebSocket atob btoa WebAssembly
	window document navigator location history self top parent frames screen localStorage sessionStorage indexedDB
	caches alert confirm prompt open close print focus blur scroll scrollTo scrollBy requestAnimationFrame
	cancelAnimationFrame requestIdleCallback cancelIdleCallback getComputedStyle matchMedia addEventListener
	removeEventListener dispatchEvent postMessage importScripts innerWidth innerHeight outerWidth outerHeight
	devicePixelRatio scrollX scrollY pageXOffset pageYOffset origin name status event customElements visualViewport
	speechSynthesis reportError isSecureContext crossOriginIsolated
	process global require module exports __dirname __filename Buffer
	describe it test expect beforeEach afterEach beforeAll afterAll before after suite jest vi Deno Bun`

var scriptWords = lexicon{keywords: wordSet(scriptKeywords), builtins: wordSet(scriptBuiltins)}

var typeScriptWords = lexicon{
	keywords: wordSet(scriptKeywords),
	builtins: wordSet(scriptBuiltins, `any unknown never number string boolean bigint symbol object abstract as asserts
		declare implements infer interface is keyof namespace override private protected public readonly satisfies
		type unique accessor`),
}

var javaWords = lexicon{
	keywords: wordSet(`abstract assert boolean break byte case catch char class const continue default do double else
		enum extends final finally float for goto if implements import instanceof int interface long native new
		package private protected public return short static strictfp super switch synchronized this throw throws
		transient try void volatile while true false null`),
	builtins: wordSet(`var record sealed permits non yield when length Object String StringBuilder StringBuffer
		CharSequence Integer Long Short Byte Character Boolean Double Float Number Void
		Math StrictMath System Runtime Process ProcessBuilder Thread
		Runnable ThreadLocal Iterable Comparable Cloneable AutoCloseable Enum Record Class ClassLoader Package Module
		Throwable Exception RuntimeException Error ArithmeticException ArrayIndexOutOfBoundsException
		ArrayStoreException AssertionError ClassCastException ClassNotFoundException CloneNotSupportedException
		IllegalArgumentException IllegalStateException IndexOutOfBoundsException InterruptedException
		NegativeArraySizeException NoSuchFieldException NoSuchMethodException NullPointerException
		NumberFormatException OutOfMemoryError SecurityException StackOverflowError StringIndexOutOfBoundsException
		UnsupportedOperationException Override Deprecated SuppressWarnings SafeVarargs FunctionalInterface`),
}

const cKeywords = `auto break case char const continue default do double else enum extern float for goto if inline int
	long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
	_Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local`

const cBuiltins = `__FILE__ __LINE__ __DATE__ __TIME__ __STDC__ __STDC_VERSION__ __func__ __FUNCTION__ __VA_ARGS__
	__VA_OPT__ __COUNTER__ __attribute__ __inline __inline__ __restrict __restrict__ __volatile__ __asm__ asm
	__extension__ __typeof__ typeof typeof_unqual __builtin_expect __builtin_unreachable __builtin_memcpy
	__builtin_offsetof __builtin_va_list __builtin_va_start __builtin_va_end __builtin_va_arg __builtin_clz
	__builtin_ctz __builtin_popcount __thread __declspec __cdecl __stdcall __cplusplus _WIN32 _WIN64 __linux__
	__APPLE__ __GNUC__ __clang__ _MSC_VER NDEBUG defined true false bool nullptr alignas alignof constexpr
	static_assert thread_local`

var cWords = lexicon{keywords: wordSet(cKeywords), builtins: wordSet(cBuiltins)}

var cppWords = lexicon{
	keywords: wordSet(cKeywords, `alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t class
		co_await co_return co_yield compl concept const_cast consteval constexpr constinit decltype delete
		dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq nullptr operator or
		or_eq private protected public reinterpret_cast requires static_assert static_cast template this
		thread_local throw true try typeid typename using virtual wchar_t xor xor_eq`),
	builtins: wordSet(cBuiltins, `override final import module size_t std __has_include __PRETTY_FUNCTION__`),
}

var rustWords = lexicon{
	keywords: wordSet(`as async await break const continue crate dyn else enum extern false fn for if impl in let loop
		match mod move mut pub ref return self Self static struct super trait true type unsafe use where while
		abstract become box do final macro override priv typeof unsized virtual yield try gen`),
	builtins: wordSet(`bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize union auto raw default
		Copy Send Sized Sync Unpin Drop Fn FnMut FnOnce AsyncFn AsyncFnMut AsyncFnOnce drop Box ToOwned Clone
		PartialEq PartialOrd Eq Ord AsRef AsMut Into From Default Iterator Extend IntoIterator DoubleEndedIterator
		ExactSizeIterator Option Some None Result Ok Err String ToString Vec TryFrom TryInto FromIterator size_of
		size_of_val align_of align_of_val std core alloc proc_macro test static macro_rules
		assert assert_eq assert_ne cfg column compile_error concat dbg debug_assert debug_assert_eq debug_assert_ne
		env eprint eprintln file format format_args include include_bytes include_str line matches module_path
		option_env panic print println stringify thread_local todo unimplemented unreachable vec write writeln
		derive allow warn deny forbid inline must_use repr cfg_attr no_mangle deprecated doc
		Debug Hash`),
}
