"""OpenAI's Images API as pure functions over bytes: what is accepted, what is answered. No framework, clock or I/O."""
