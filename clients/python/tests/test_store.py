"""What a cursor file promises."""

import tempfile
import unittest
from pathlib import Path

from hintwire import FileStore


class FileStoreTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "cursor"
        self.store = FileStore(self.path)

    async def test_a_file_holds_the_cursor_saved_last_also_for_another_store(self):
        self.assertIsNone(await self.store.load())
        await self.store.save("first")
        await self.store.save("second")
        self.assertEqual(await FileStore(self.path).load(), "second")
        self.assertEqual(list(self.folder.iterdir()), [self.path])

    async def test_what_a_crash_left_of_a_save_is_ignored_and_then_replaced(self):
        await self.store.save("first")
        (self.folder / "cursor.tmp").write_text("sec")
        self.assertEqual(await self.store.load(), "first")
        await self.store.save("second")
        self.assertEqual(await self.store.load(), "second")

    async def test_a_file_that_holds_no_cursor_is_an_error_that_names_it(self):
        for text in ("", "\n", "x" * 65):
            self.path.write_text(text)
            with self.assertRaisesRegex(ValueError, str(self.path)):
                await self.store.load()


if __name__ == "__main__":
    unittest.main()
