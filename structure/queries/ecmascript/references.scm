; Names that are used, and those that look as if.

[(identifier) (shorthand_property_identifier)] @reference
(call_expression function: (identifier) @reference.call)
(import_specifier name: (identifier) @key)
