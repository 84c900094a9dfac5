package hub

import "golang.org/x/sys/windows"

// freeBytes is how much the user can still write to the disk of a folder.
func freeBytes(dir string) (bytes uint64, known bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	return bytes, err == nil
}
