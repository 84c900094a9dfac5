package structure

// Declaration returns how a line begins that declares a variable of a name, at the top level of a file or not; "" in a
// language in which its type comes first.
func (l *Language) Declaration(name string, top bool) string {
	switch l {
	case goLang:
		if top {
			return "var " + name + " = "
		}
		return name + " := "
	case pythonLang:
		return name + " = "
	case javaScriptLang, typeScriptLang, tsxLang:
		return "const " + name + " = "
	case rustLang:
		if top {
			return ""
		}
		return "let " + name + " = "
	}
	return ""
}
