package emulator

// LogPTY puts the module's log UART behind a new pseudo-terminal, which closes
// with the module, and returns the path of its slave. When link is not empty it
// becomes a symbolic link to the slave. Nothing is read from it.
func (m *Module) LogPTY(link string) (string, error) {
	master, path, err := OpenPTY(DefaultBaud)
	if err != nil {
		return "", err
	}
	if err := m.linkTo(link, path); err != nil {
		master.Close()
		return "", err
	}
	m.logs.add(master)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.undo = append(m.undo, func() { master.Close() })
	return path, nil
}
