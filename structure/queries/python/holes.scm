; What the brackets of a node hold. Blocks have none.

[(argument_list) (parameters)] @hole.arguments
[(dictionary) (set) (list) (parenthesized_expression)] @hole.expression
