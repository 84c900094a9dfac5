; What TypeScript adds.

(type_identifier) @reference.type
(index_signature name: (identifier) @key)
