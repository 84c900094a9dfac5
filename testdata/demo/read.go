package server

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if 
	defer f.Close()
	return io.ReadAll(f)
}
