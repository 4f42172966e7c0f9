package hintwire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFileHoldsTheCursorSavedLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursor")
	for _, cursor := range []string{"", "first", "second"} {
		if cursor != "" {
			if err := FileStore(path).Save(cursor); err != nil {
				t.Fatal(err)
			}
		}
		if loaded, err := FileStore(path).Load(); err != nil || loaded != cursor {
			t.Fatalf("%q was loaded (%v), not %q", loaded, err, cursor)
		}
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Fatalf("another file is left: %v", files)
	}
}

func TestAFileThatHoldsNoCursorIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cursor")
	for _, text := range []string{"", "\n", strings.Repeat("x", 65)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := FileStore(path).Load(); err == nil || !strings.Contains(err.Error(), path) {
			t.Fatalf("%q: %v", text, err)
		}
	}
}
