; What the brackets of a node hold.

[(block) (expression_switch_statement) (type_switch_statement) (select_statement)] @hole.body
[(field_declaration_list) (interface_type) (import_spec_list) (const_declaration) (var_declaration)
 (type_declaration)] @hole.members
[(argument_list) (parameter_list)] @hole.arguments
[(literal_value) (parenthesized_expression)] @hole.expression
