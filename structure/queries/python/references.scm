; Names that are used, and those that look as if.

(identifier) @reference
(call function: (identifier) @reference.call)
(attribute attribute: (identifier) @key)
(keyword_argument name: (identifier) @key)
(keyword_pattern . (identifier) @key)
(import_from_statement module_name: (dotted_name (identifier) @key))
(import_from_statement module_name: (relative_import (dotted_name (identifier) @key)))
(import_from_statement name: (aliased_import name: (dotted_name (identifier) @key)))
(import_statement name: (dotted_name (identifier) @key))
(import_statement name: (aliased_import name: (dotted_name (identifier) @key)))
(global_statement (identifier) @key)
(nonlocal_statement (identifier) @key)
