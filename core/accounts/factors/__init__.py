"""What a login needs beside the password, and the logins one has."""
