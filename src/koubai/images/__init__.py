"""Reading a user's images: folders of pictures, idx files and npz archives."""
