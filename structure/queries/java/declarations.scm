; Scopes, and what can be declared outside of methods.

[(class_declaration) (interface_declaration) (enum_declaration) (record_declaration)
 (annotation_type_declaration)] @scope.class
(object_creation_expression (class_body) @scope.class)
(enum_constant body: (class_body) @scope.class)
[(method_declaration) (constructor_declaration) (compact_constructor_declaration) (lambda_expression)
 (static_initializer)] @scope.function
[(block) (constructor_body) (for_statement) (enhanced_for_statement) (try_with_resources_statement)
 (catch_clause) (switch_block)] @scope

(class_declaration name: (identifier) @definition.outer)
(interface_declaration name: (identifier) @definition.outer)
(enum_declaration name: (identifier) @definition.outer)
(record_declaration name: (identifier) @definition.outer)
(annotation_type_declaration name: (identifier) @definition.outer)
(method_declaration name: (identifier) @definition.outer)
(annotation_type_element_declaration name: (identifier) @definition)
(enum_constant name: (identifier) @definition)

(variable_declarator) @within.after
(variable_declarator name: (identifier) @definition)

(formal_parameters) @within.parameters
(formal_parameter name: (identifier) @definition)
(type_parameters) @within.typeparameters
(type_parameter . (type_identifier) @definition)

(import_declaration (scoped_identifier name: (identifier) @definition.import) .)
(import_declaration (asterisk)) @incomplete
[(superclass) (super_interfaces) (extends_interfaces)] @incomplete
(object_creation_expression (class_body)) @incomplete
