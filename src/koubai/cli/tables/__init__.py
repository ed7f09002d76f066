"""What the commands say and write of tables' models beyond their scores and predictions."""
