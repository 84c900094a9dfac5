; What C++ adds.

(namespace_identifier) @reference.type
(qualified_identifier name: (identifier) @key)
(qualified_identifier name: (type_identifier) @key)
(qualified_identifier name: (template_type name: (type_identifier) @key))
(function_definition !type declarator: (function_declarator declarator: (identifier) @key))
(destructor_name (identifier) @key)
