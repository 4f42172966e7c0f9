package dev.hintwire.client;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Keeps the cursor in a file: one line. It is replaced as a whole and synced, so after a crash it holds the old cursor
 * or the new one. The folder must exist; one follower a file.
 */
public final class FileStore implements CursorStore {
  /** The longest cursor that the API allows. */
  private static final int TOKEN_BYTES = 64;

  private final Path path;
  private final Path temporary;

  /** A store in the file at {@code path}, which need not exist. */
  public FileStore(Path path) {
    this.path = path.toAbsolutePath();
    this.temporary = this.path.resolveSibling(path.getFileName() + ".tmp");
  }

  @Override
  public String load() throws IOException {
    String cursor;
    try {
      cursor = Files.readString(path).strip();
    } catch (NoSuchFileException none) {
      return "";
    }
    if (cursor.isEmpty() || cursor.length() > TOKEN_BYTES) {
      throw new IOException("cursor file " + path + " does not hold a cursor");
    }
    return cursor;
  }

  @Override
  public void save(String cursor) throws IOException {
    try (FileChannel file = FileChannel.open(temporary, CREATE, WRITE, TRUNCATE_EXISTING)) {
      ByteBuffer text = ByteBuffer.wrap((cursor + "\n").getBytes(StandardCharsets.UTF_8));
      while (text.hasRemaining()) {
        file.write(text);
      }
      file.force(true);
    }
    Files.move(temporary, path, ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(path.getParent(), READ)) {
      folder.force(true); // Makes the rename durable.
    }
  }
}
