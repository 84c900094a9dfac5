; What only functions declare.

[(parameters) (closure_parameters)] @within.parameters
(self_parameter) @within.receiver
(self_parameter (self) @definition)
(parameter pattern: (identifier) @definition)
(closure_parameters (identifier) @definition)

(let_declaration) @within.after
(let_declaration pattern: (identifier) @definition)
(let_condition pattern: (identifier) @definition)
(for_expression pattern: (identifier) @definition)

; Patterns, one in the other. A name in upper case is no variable.
(match_pattern . (identifier) @definition.pattern)
(tuple_pattern (identifier) @definition.pattern)
(slice_pattern (identifier) @definition.pattern)
(or_pattern (identifier) @definition.pattern)
(tuple_struct_pattern (_) (identifier) @definition.pattern)
(mut_pattern (identifier) @definition)
(ref_pattern (identifier) @definition)
(reference_pattern (identifier) @definition.pattern)
(captured_pattern . (identifier) @definition)
(field_pattern pattern: (identifier) @definition.pattern)
(field_pattern name: (shorthand_field_identifier) @definition)

(loop_expression (label (identifier) @definition.label))
(while_expression (label (identifier) @definition.label))
(for_expression (label (identifier) @definition.label))
(block (label (identifier) @definition.label))
