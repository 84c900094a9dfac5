; Names that are used, and those that look as if.

(identifier) @reference
(type_identifier) @reference.type
(call_expression function: (identifier) @reference.call)
(scoped_identifier (identifier) @key)
(scoped_type_identifier path: (identifier) @key)
(scoped_type_identifier name: (type_identifier) @key)
(scoped_use_list path: (identifier) @key)
(use_wildcard (identifier) @key)
(use_as_clause path: (identifier) @key)
(macro_invocation macro: (identifier) @key)
(lifetime (identifier) @key)
(label (identifier) @key)
(attribute (identifier) @key)
(attribute arguments: (token_tree (identifier) @key))
(function_type trait: (type_identifier) @key)
