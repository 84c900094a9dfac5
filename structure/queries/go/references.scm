; Names that are used, and those that look as if.

[(identifier) (type_identifier) (package_identifier)] @reference
(call_expression function: (identifier) @reference.call)
(keyed_element . (literal_element (identifier) @key))
(package_clause (package_identifier) @key)
