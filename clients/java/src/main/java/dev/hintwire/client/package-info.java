/**
 * Follows a Hintwire hub: hands every matching event to a handler, at least once and in order.
 *
 * <p>The calls themselves are the generated ones of {@code dev.hintwire.v1}, over a channel of {@link Hub#open} or of
 * your own. {@link Follow} is the loop that nobody should have to write.
 */
package dev.hintwire.client;
