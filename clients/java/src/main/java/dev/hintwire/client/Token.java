package dev.hintwire.client;

/**
 * Gives the bearer token of a call. It is asked for each one, so it should remember what it got as long as that holds. A
 * call for which it throws is one that may be tried again.
 */
@FunctionalInterface
public interface Token {
  /** The token now. It may take its time: it is asked by a thread of its own. */
  String get() throws Exception;
}
