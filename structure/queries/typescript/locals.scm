; What TypeScript adds.

(required_parameter pattern: (identifier) @definition)
(optional_parameter pattern: (identifier) @definition)
