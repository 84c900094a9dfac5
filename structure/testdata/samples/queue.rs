//! A bounded queue.
use std::fmt::{self, Display};

#[derive(Debug, Clone)]
pub enum Error {
    Full { cap: usize },
    Empty,
}

/// A queue of up to `cap` items.
pub struct Queue<'a, T: Display + 'a> {
    items: Vec<&'a T>,
    cap: usize,
}

impl<'a, T: Display> Queue<'a, T> {
    pub fn new(cap: usize) -> Self {
        Queue { items: Vec::with_capacity(cap), cap }
    }

    pub fn push(&mut self, value: &'a T) -> Result<(), Error> {
        if self.items.len() >= self.cap {
            return Err(Error::Full { cap: self.cap });
        }
        self.items.push(value);
        Ok(())
    }

    pub fn each<F>(&self, mut f: F)
    where
        F: FnMut(usize, &T) -> bool,
    {
        for (i, item) in self.items.iter().enumerate() {
            match f(i, item) {
                true => continue,
                false => break,
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = '(';
        write!(f, "{} {}", open, r#"a "raw" text"#)
    }
}

/* a comment /* in a comment */ here */
fn main() {
    let q: Queue<i32> = Queue::new(3);
    let add = |x: i32| -> i32 { x + 1 };
    println!("{}", add(q.cap as i32));
}
