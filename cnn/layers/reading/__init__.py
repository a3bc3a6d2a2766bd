"""Networks as people write them, read into a graph without running any of their code.

``read`` finds the format; ``source`` interprets Python, ``printed`` a printed model, ``keras_layers`` the layers of
Keras, ``onnx_file`` an ONNX file, and ``chain`` the notation of this course.
"""
