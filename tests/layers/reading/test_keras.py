"""Networks of Keras, against networks of PyTorch that do the same."""

import pytest

from cnn.layers.reading.read import read_graph
from tests.layers.reading.network_texts import HEAD

CASES = {
    "in a row": (
        """
import tensorflow as tf
from tensorflow.keras import layers, models

model = models.Sequential()
model.add(layers.Conv2D(16, (3, 3), activation='relu', input_shape=(32, 32, 3)))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(24, 3, strides=2, padding='same', use_bias=False))
model.add(layers.BatchNormalization())
model.add(layers.Activation('relu'))
model.add(layers.Flatten())
model.add(layers.Dropout(0.5))
model.add(layers.Dense(10, activation='softmax'))
model.compile(optimizer='adam', loss=tf.keras.losses.SparseCategoricalCrossentropy(), metrics=['accuracy'])
history = model.fit(train_images, train_labels, epochs=10)
""",
        """
nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 24, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.Flatten(),
    nn.Dropout(0.5), nn.Linear(24 * 8 * 8, 10), nn.Softmax(1))
""",
        (3, 32, 32),
    ),
    "in a list": (
        """
model = keras.Sequential([
    keras.Input(shape=(128, 4)),
    layers.Conv1D(8, 7, padding="same", activation="relu"), layers.MaxPooling1D(4),
    layers.SeparableConv1D(12, 5, dilation_rate=2), layers.LayerNormalization(),
    layers.GlobalAveragePooling1D(), layers.Dense(3),
])
""",
        """
nn.Sequential(nn.Conv1d(4, 8, 7, padding=3), nn.ReLU(), nn.MaxPool1d(4),
    nn.Conv1d(8, 8, 5, dilation=2, groups=8, bias=False), nn.Conv1d(8, 12, 1), nn.GroupNorm(1, 12),
    nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(12, 3))
""",
        (4, 128),
    ),
    "functional": (
        """
from keras.layers import *
from keras.models import Model

def conv_block(x, filters):
    x = Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = BatchNormalization()(x)
    return Activation("relu")(x)

def build_unet(input_shape=(64, 48, 1), classes=2):
    inputs = Input(shape=input_shape)
    skip = conv_block(inputs, 8)
    x = conv_block(MaxPooling2D()(skip), 16)
    x = Conv2DTranspose(8, 3, strides=2, padding="same")(x)
    x = concatenate([x, skip], axis=-1)
    x = add([conv_block(x, 8), skip])
    return Model(inputs, Conv2D(classes, 1, activation="softmax")(x), name="unet")

model = build_unet()
model.summary()
""",
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        def block(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
        self.a, self.b, self.c = block(1, 8), block(8, 16), block(16, 8)
        self.up, self.out = nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1), nn.Conv2d(8, 2, 1)
    def forward(self, x):
        skip = self.a(x)
        x = torch.cat([self.up(self.b(F.max_pool2d(skip, 2))), skip], 1)
        return self.out(self.c(x) + skip)
""",
        (1, 64, 48),
    ),
    "a class": (
        """
class Net(tf.keras.Model):
    def __init__(self, units=5):
        super().__init__()
        self.conv = tf.keras.layers.DepthwiseConv2D(3, depth_multiplier=2)
        self.pool = tf.keras.layers.GlobalMaxPooling2D()
        self.dense = tf.keras.layers.Dense(units)
    def call(self, inputs, training=False):
        return self.dense(self.pool(tf.nn.relu(self.conv(inputs))))
""",
        """
nn.Sequential(nn.Conv2d(3, 6, 3, groups=3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(6, 5))
""",
        (3, 20, 20),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_keras_is_counted_like_the_same_network_of_pytorch(name: str) -> None:
    source, same, shape = CASES[name]
    graph, wanted = read_graph(source, shape), read_graph(HEAD + same, shape)
    assert not graph.first_problem
    assert not wanted.first_problem
    assert (graph.output_dims, graph.parameters, graph.multiply_adds) == (
        wanted.output_dims,
        wanted.parameters,
        wanted.multiply_adds,
    )


def test_a_shape_with_its_channels_last_is_taken_for_the_same() -> None:
    source = CASES["functional"][0]
    assert read_graph(source, (64, 48, 1)) == read_graph(source, (1, 64, 48))


RESIDUAL = """
from tensorflow import keras
from tensorflow.keras import layers
def residual_block(x, filters, stride=1):
    shortcut = x
    x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(shortcut)
        shortcut = layers.BatchNormalization()(shortcut)
    return layers.ReLU()(layers.Add()([x, shortcut]))
def build_model(input_shape=(32, 32, 3), num_classes=10):
    inputs = keras.Input(shape=input_shape)
    x = layers.Conv2D(16, 3, padding="same")(inputs)
    for f, s in [(16, 1), (32, 2)]:
        x = residual_block(x, f, s)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(num_classes, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="resnet")
model = build_model()
model.compile(optimizer="adam", loss="categorical_crossentropy")
"""


def test_a_shape_that_code_asks_for_while_it_builds_is_known() -> None:
    graph = read_graph(RESIDUAL, (3, 32, 32))
    assert not graph.first_problem
    stem, same = 16 * 27 + 16, 2 * (16 * 16 * 9 + 32)
    wider = 16 * 32 * 9 + 32 * 32 * 9 + 16 * 32 + 3 * 64
    assert graph.parameters == stem + same + wider + 32 * 10 + 10
