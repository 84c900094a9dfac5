; What TypeScript adds.

[(function_signature) (method_signature) (abstract_method_signature) (function_type) (constructor_type)
 (construct_signature) (call_signature) (index_signature)] @scope
[(abstract_class_declaration) (interface_declaration) (type_alias_declaration)] @scope.class
(internal_module body: (statement_block) @scope.namespace)
(module body: (statement_block) @scope.namespace)

(class_declaration name: (type_identifier) @definition.outer)
(class name: (type_identifier) @definition.hoisted)
(abstract_class_declaration name: (type_identifier) @definition.outer)
(interface_declaration name: (type_identifier) @definition.outer.hoisted)
(type_alias_declaration name: (type_identifier) @definition.outer.hoisted)
(enum_declaration name: (identifier) @definition)
(function_signature name: (identifier) @definition.outer.hoisted)
(internal_module name: (identifier) @definition)
(module name: (identifier) @definition)
(import_require_clause (identifier) @definition)

(public_field_definition name: (_) @member)
(property_signature name: (_) @member)
(method_signature name: (_) @member)
(abstract_method_signature name: (_) @member)
(enum_body name: (property_identifier) @member)
(enum_assignment name: (property_identifier) @member)

(type_parameters) @within.typeparameters
(type_parameter name: (type_identifier) @definition)
(mapped_type_clause name: (type_identifier) @definition.type)
(infer_type (type_identifier) @definition.type)
