; Names that are used, and those that look as if.

(identifier) @reference
(type_identifier) @reference.type
(call_expression function: (identifier) @reference.call)
(preproc_ifdef name: (identifier) @key)
(preproc_defined (identifier) @key)
