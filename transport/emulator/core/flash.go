package core

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// unit is the prefix of the keys that belong to the unit and not to its
// settings: AT+RESTORE leaves them.
const unit = "unit/"

// Flash is what survives a reset and a time without supply: the settings that
// the commands store, and under the prefix "unit/" what belongs to the unit
// itself, such as its files and its eFuse. Its methods may be called from any
// goroutine.
type Flash struct {
	mu     sync.Mutex
	values map[string][]byte
}

// NewFlash returns the flash of a new unit.
func NewFlash() *Flash { return &Flash{values: make(map[string][]byte)} }

// Get returns the value of key, which the caller must not change.
func (f *Flash) Get(key string) (value []byte, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	value, ok = f.values[key]
	return value, ok
}

// Put stores a copy of value.
func (f *Flash) Put(key string, value []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values[key] = append([]byte(nil), value...)
}

// Delete forgets key; false when it was not there.
func (f *Flash) Delete(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.values[key]
	delete(f.values, key)
	return ok
}

// Keys returns the keys with this prefix, in no order.
func (f *Flash) Keys(prefix string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []string
	for k := range f.values {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	return keys
}

// Restore is AT+RESTORE: every setting is forgotten, the unit's own values stay.
func (f *Flash) Restore() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k := range f.values {
		if !strings.HasPrefix(k, unit) {
			delete(f.values, k)
		}
	}
}

// Keep stores v, as JSON, under key; a set command does so by Save.
func (f *Flash) Keep(key string, v any) {
	p, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("emulator: the setting %s cannot be stored: %v", key, err))
	}
	f.Put(key, p)
}

// Recall reads what Keep has stored into v; false when there is nothing.
func (f *Flash) Recall(key string, v any) bool {
	p, ok := f.Get(key)
	return ok && json.Unmarshal(p, v) == nil
}

// Save keeps a setting in flash when AT+SYSSTORE is 1; else it lasts until the
// next reset.
func (m *Machine) Save(key string, v any) {
	if m.Store {
		m.Flash.Keep(key, v)
	}
}
