"""The line: sound, turn-taking, carriers. Pure except for the VAD model itself."""
