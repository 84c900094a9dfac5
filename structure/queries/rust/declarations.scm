; Scopes, and what can be declared outside of functions.

[(function_item) (closure_expression)] @scope.function
[(function_signature_item) (function_type) (block) (for_expression) (if_expression) (while_expression) (match_arm)
 (macro_definition)] @scope
[(struct_item) (enum_item) (union_item) (trait_item) (impl_item) (type_item)] @scope.class
(mod_item body: (declaration_list) @scope.namespace)

(function_item name: (identifier) @definition.outer.hoisted)
(impl_item body: (declaration_list (function_item name: (identifier) @member)))
(trait_item body: (declaration_list (function_item name: (identifier) @member)))
(function_signature_item name: (identifier) @definition.outer.hoisted)
(trait_item body: (declaration_list (function_signature_item name: (identifier) @member)))
(struct_item name: (type_identifier) @definition.outer.hoisted)
(enum_item name: (type_identifier) @definition.outer.hoisted)
(union_item name: (type_identifier) @definition.outer.hoisted)
(trait_item name: (type_identifier) @definition.outer.hoisted)
(type_item name: (type_identifier) @definition.outer.hoisted)
(mod_item name: (identifier) @definition.hoisted)
(macro_definition name: (identifier) @definition.outer)
(const_item name: (identifier) @definition.hoisted)
(static_item name: (identifier) @definition.hoisted)
(impl_item body: (declaration_list (const_item name: (identifier) @member)))
(trait_item body: (declaration_list (const_item name: (identifier) @member)))
(associated_type name: (type_identifier) @member)
(field_declaration name: (field_identifier) @member)
(enum_variant name: (identifier) @member)

(type_parameters) @within.typeparameters
(type_parameters (type_identifier) @definition)
(type_parameters (lifetime (identifier) @definition))
(constrained_type_parameter left: (type_identifier) @definition)
(constrained_type_parameter left: (lifetime (identifier) @definition))
(optional_type_parameter name: (type_identifier) @definition)
(const_parameter name: (identifier) @definition)

[(use_declaration) (extern_crate_declaration)] @within.import
(use_declaration argument: (identifier) @definition.hoisted)
(use_declaration argument: (scoped_identifier name: (identifier) @definition.hoisted))
(use_list (identifier) @definition.hoisted)
(use_list (scoped_identifier name: (identifier) @definition.hoisted))
(scoped_use_list path: (identifier) @definition.hoisted list: (use_list (self)))
(scoped_use_list path: (scoped_identifier name: (identifier) @definition.hoisted) list: (use_list (self)))
(use_as_clause alias: (identifier) @definition.hoisted)
(extern_crate_declaration !alias name: (identifier) @definition.hoisted)
(extern_crate_declaration alias: (identifier) @definition.hoisted)
(use_wildcard) @incomplete
