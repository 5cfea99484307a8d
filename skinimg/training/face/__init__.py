"""Training the face model (skinimg/model/face_network.py): the finder, the landmarks, and how well both do."""
