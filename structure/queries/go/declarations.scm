; Scopes, and what can be declared outside of functions.

[(function_declaration) (method_declaration) (func_literal)] @scope.function
[(method_elem) (function_type)] @scope
[(block) (if_statement) (for_statement) (expression_switch_statement) (type_switch_statement) (select_statement)
 (expression_case) (type_case) (default_case) (communication_case)] @scope

(function_declaration name: (identifier) @definition.outer)
(method_declaration name: (field_identifier) @member)
(method_elem name: (field_identifier) @member)
(field_declaration name: (field_identifier) @member)
(field_declaration !name type: (type_identifier) @member)
(field_declaration !name type: (qualified_type name: (type_identifier) @member))
(field_declaration !name type: (generic_type type: (type_identifier) @member))

(type_spec name: (type_identifier) @definition.outer)
(type_alias name: (type_identifier) @definition.outer)
[(type_spec) (type_alias)] @scope
(type_parameter_list) @within.typeparameters
(type_parameter_declaration name: (identifier) @definition)

[(var_spec) (const_spec)] @within.after
(var_spec name: (identifier) @definition)
(const_spec (identifier) @definition)

(import_spec name: (package_identifier) @definition.import)
(import_spec !name path: (_) @definition.import.path)
(import_spec name: (dot)) @incomplete
