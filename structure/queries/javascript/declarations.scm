; What JavaScript has in other nodes than TypeScript.

(class_declaration name: (identifier) @definition.outer)
(class name: (identifier) @definition.hoisted)
(field_definition property: (_) @member)
