; Scopes, and what can be declared outside of functions, in JavaScript and
; TypeScript.

[(function_declaration) (generator_function_declaration) (function_expression) (generator_function)
 (arrow_function) (method_definition)] @scope.function
[(statement_block) (for_statement) (for_in_statement) (switch_body) (catch_clause)] @scope
[(class_declaration) (class)] @scope.class

(function_declaration name: (identifier) @definition.outer.hoisted)
(generator_function_declaration name: (identifier) @definition.outer.hoisted)
(function_expression name: (identifier) @definition.hoisted)
(method_definition name: (_) @member)

(variable_declarator) @within.after
(variable_declarator name: (identifier) @definition)
(variable_declaration (variable_declarator name: (identifier) @definition.function))

; Patterns, one in the other.
(shorthand_property_identifier_pattern) @definition
(pair_pattern value: (identifier) @definition)
(array_pattern (identifier) @definition)
(rest_pattern (identifier) @definition)
(assignment_pattern left: (identifier) @definition)
(for_in_statement kind: _ left: (identifier) @definition)

(import_statement) @within.import
(import_clause (identifier) @definition.hoisted)
(namespace_import (identifier) @definition.hoisted)
(import_specifier !alias name: (identifier) @definition.hoisted)
(import_specifier alias: (identifier) @definition.hoisted)
