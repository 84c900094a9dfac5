; What C has, and not C++: members only behind a dot, tags without a scope.

(field_declaration declarator: (field_identifier) @member)
(pointer_declarator declarator: (field_identifier) @member)
(array_declarator declarator: (field_identifier) @member)
(function_declarator declarator: (field_identifier) @member)
(parenthesized_declarator (field_identifier) @member)
(struct_specifier name: (type_identifier) @definition body: (_))
(union_specifier name: (type_identifier) @definition body: (_))
(enum_specifier name: (type_identifier) @definition body: (_))
