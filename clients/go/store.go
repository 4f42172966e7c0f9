package hintwire

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tokenBytes is the longest cursor that the API allows.
const tokenBytes = 64

// CursorStore keeps the cursor of one follower. Save is called after the events before the cursor were handled; a
// cursor that is lost means that events are handled again, never that one is missed.
type CursorStore interface {
	// Load returns the cursor that was saved last; "" if there never was one.
	Load() (string, error)
	// Save keeps cursor in place of the one before.
	Save(cursor string) error
}

// MemoryStore keeps the cursor in memory, so that it ends with the process.
type MemoryStore struct{ cursor string }

// Load returns the cursor that was saved last.
func (m *MemoryStore) Load() (string, error) { return m.cursor, nil }

// Save keeps cursor.
func (m *MemoryStore) Save(cursor string) error {
	m.cursor = cursor
	return nil
}

// FileStore keeps the cursor in the file of this name: one line. It is replaced as a whole and synced, so after a crash
// it holds the old cursor or the new one. The folder must exist; one follower a file.
type FileStore string

// Load reads the file; "" if there is none.
func (f FileStore) Load() (string, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	cursor := strings.TrimSpace(string(text))
	if err == nil && (cursor == "" || len(cursor) > tokenBytes) {
		err = fmt.Errorf("cursor file %s does not hold a cursor", string(f))
	}
	return cursor, err
}

// Save replaces the file.
func (f FileStore) Save(cursor string) error {
	temporary := string(f) + ".tmp"
	if err := writeSynced(temporary, cursor+"\n"); err != nil {
		return err
	}
	if err := os.Rename(temporary, string(f)); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(string(f)))
}

func writeSynced(name, text string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}

// syncFolder makes the rename durable.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
