; Names that are used, and those that look as if.

(identifier) @reference
(type_identifier) @reference.type
(method_invocation !object name: (identifier) @reference.call)
(method_invocation object: (_) name: (identifier) @key)
(field_access field: (identifier) @key)
(method_reference (_) (identifier) @key)
(annotation name: (identifier) @reference.type)
(marker_annotation name: (identifier) @reference.type)
(element_value_pair key: (identifier) @key)
(switch_label (identifier) @key)
(scoped_identifier (identifier) @key)
(package_declaration (identifier) @key)
(import_declaration (identifier) @key)
(constructor_declaration name: (identifier) @key)
