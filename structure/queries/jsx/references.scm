; An element in lower case is none of the file's.

(jsx_opening_element name: (identifier) @reference.element)
(jsx_self_closing_element name: (identifier) @reference.element)
(jsx_closing_element name: (identifier) @key)
