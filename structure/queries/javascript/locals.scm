; What JavaScript has in other nodes than TypeScript.

(formal_parameters (identifier) @definition)
