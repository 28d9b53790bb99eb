"""Speech that needs no key: recognition, synthesis and sentence meaning in one worker process."""
