; What C++ adds.

[(class_specifier) (struct_specifier) (union_specifier)] @scope.class
(template_declaration) @scope.template
(namespace_definition body: (declaration_list) @scope.namespace)
; What catches has parameters too.
[(lambda_expression) (catch_clause)] @scope.function
[(if_statement) (while_statement) (switch_statement) (for_range_loop)] @scope
(function_definition declarator: (function_declarator declarator: (qualified_identifier))) @scope.function.members
(function_definition declarator:
  (_ (function_declarator declarator: (qualified_identifier)))) @scope.function.members

(class_specifier name: (type_identifier) @definition.outer)
(struct_specifier name: (type_identifier) @definition.outer body: (_))
(union_specifier name: (type_identifier) @definition.outer body: (_))
(enum_specifier name: (type_identifier) @definition)
(alias_declaration name: (type_identifier) @definition)
(concept_definition name: (identifier) @definition)
(namespace_definition name: (namespace_identifier) @definition)
(namespace_alias_definition name: (namespace_identifier) @definition)

(field_declaration declarator: (field_identifier) @definition)
(pointer_declarator declarator: (field_identifier) @definition)
(array_declarator declarator: (field_identifier) @definition)
(reference_declarator (field_identifier) @definition)
(parenthesized_declarator (field_identifier) @definition)
(function_declarator declarator: (field_identifier) @definition)
(function_definition declarator: (function_declarator declarator: (field_identifier) @definition.outer))
(function_definition declarator: (_ (function_declarator declarator: (field_identifier) @definition.outer)))

(reference_declarator (identifier) @definition)
(structured_binding_declarator (identifier) @definition)
(for_range_loop declarator: (identifier) @definition)
(function_definition declarator: (reference_declarator (function_declarator declarator: (identifier) @definition.outer)))
(optional_parameter_declaration declarator: (identifier) @definition)
(variadic_declarator (identifier) @definition)
(lambda_capture_specifier (assignment_expression left: (identifier) @definition))

(template_parameter_list) @within.typeparameters
(type_parameter_declaration (type_identifier) @definition)
(optional_type_parameter_declaration name: (type_identifier) @definition)
(variadic_type_parameter_declaration (type_identifier) @definition)

(using_declaration (qualified_identifier name: (identifier) @definition.import))
(using_declaration "namespace") @incomplete
(base_class_clause) @incomplete
