"""Networks as people write them, each with the shape of an input; ``net`` is the network after the code has run."""

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"

TEXTS: dict[str, tuple[str, tuple[int, ...]]] = {
    "functional": (
        '''
class Digits(nn.Module):
    """Two convolutions and two fully connected layers."""

    def __init__(self, num_classes: int = 10) -> None:
        super(Digits, self).__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.drop = nn.Dropout2d(0.25)
        self.fc1 = nn.Linear(64 * 6 * 6, 128)
        self.fc2 = nn.Linear(128, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.drop(x)
        x = x.view(x.size(0), -1)
        x = F.dropout(F.relu(self.fc1(x)), p=0.5, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


net = Digits()
''',
        (1, 28, 28),
    ),
    "vgg_from_a_list": (
        """
cfg = {"A": [16, "M", 32, 32, "M", 64, "M"]}

def make_layers(plan, batch_norm=False):
    layers = []
    in_channels = 3
    for v in plan:
        if v == "M":
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        else:
            conv = nn.Conv2d(in_channels, v, kernel_size=3, padding=1)
            layers += [conv, nn.BatchNorm2d(v), nn.ReLU(inplace=True)] if batch_norm else [conv, nn.ReLU(inplace=True)]
            in_channels = v
    return nn.Sequential(*layers)

class VGG(nn.Module):
    def __init__(self, features, num_classes=5, init_weights=True):
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((2, 2))
        self.classifier = nn.Sequential(nn.Linear(64 * 2 * 2, 100), nn.ReLU(True), nn.Dropout(), nn.Linear(100, num_classes))
        if init_weights:
            self._initialize_weights()

    def forward(self, x):
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)

    def _initialize_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                if m.bias is not None:
                    nn.init.constant_(m.bias, 0)
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(m.weight, 1)

net = VGG(make_layers(cfg["A"], batch_norm=True))
""",
        (3, 32, 32),
    ),
    "residual_stages": (
        """
class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)

class ResNet(nn.Module):
    def __init__(self, block, layers, num_classes=10):
        super().__init__()
        self.inplanes = 16
        self.conv1 = nn.Conv2d(3, 16, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._make_layer(block, 16, layers[0])
        self.layer2 = self._make_layer(block, 32, layers[1], stride=2)
        self.layer3 = self._make_layer(block, 64, layers[2], stride=2)
        self.fc = nn.Linear(64 * block.expansion, num_classes)

    def _make_layer(self, block, planes, blocks, stride=1):
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, planes * block.expansion, 1, stride, bias=False),
                nn.BatchNorm2d(planes * block.expansion),
            )
        layers = [block(self.inplanes, planes, stride, downsample)]
        self.inplanes = planes * block.expansion
        for _ in range(1, blocks):
            layers.append(block(self.inplanes, planes))
        return nn.Sequential(*layers)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in (self.layer1, self.layer2, self.layer3):
            x = stage(x)
        return self.fc(x.mean([2, 3]))

def small_resnet(**kwargs):
    return ResNet(BasicBlock, [2, 2, 1], **kwargs)

net = small_resnet(num_classes=4)
""",
        (3, 64, 64),
    ),
    "unet": (
        """
class DoubleConv(nn.Module):
    def __init__(self, in_ch, out_ch, mid_ch=None):
        super().__init__()
        mid_ch = mid_ch or out_ch
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_ch, mid_ch, 3, padding=1), nn.BatchNorm2d(mid_ch), nn.ReLU(inplace=True),
            nn.Conv2d(mid_ch, out_ch, 3, padding=1), nn.BatchNorm2d(out_ch), nn.ReLU(inplace=True))

    def forward(self, x):
        return self.double_conv(x)

class Up(nn.Module):
    def __init__(self, in_ch, out_ch, bilinear=True):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.conv = DoubleConv(in_ch, out_ch, in_ch // 2)
        else:
            self.up = nn.ConvTranspose2d(in_ch, in_ch // 2, kernel_size=2, stride=2)
            self.conv = DoubleConv(in_ch, out_ch)

    def forward(self, x1, x2):
        x1 = self.up(x1)
        diff_y = x2.size()[2] - x1.size()[2]
        diff_x = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [diff_x // 2, diff_x - diff_x // 2, diff_y // 2, diff_y - diff_y // 2])
        return self.conv(torch.cat([x2, x1], dim=1))

class UNet(nn.Module):
    def __init__(self, n_channels, n_classes, bilinear=False):
        super().__init__()
        factor = 2 if bilinear else 1
        self.inc = DoubleConv(n_channels, 8)
        self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(8, 16))
        self.down2 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(16, 32 // factor))
        self.up1 = Up(32, 16 // factor, bilinear)
        self.up2 = Up(16, 8, bilinear)
        self.outc = nn.Conv2d(8, n_classes, 1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x = self.up1(x3, x2)
        x = self.up2(x, x1)
        return self.outc(x)

net = UNet(n_channels=1, n_classes=2)
""",
        (1, 37, 50),
    ),
    "unet_with_lists": (
        """
class Encoder(nn.Module):
    def __init__(self, chs=(3, 8, 16, 32)):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Conv2d(chs[i], chs[i + 1], 3, padding=1) for i in range(len(chs) - 1)])
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        skips = []
        for block in self.blocks:
            x = F.relu(block(x))
            skips.append(x)
            x = self.pool(x)
        return skips

class Decoder(nn.Module):
    def __init__(self, chs=(32, 16, 8)):
        super().__init__()
        self.chs = chs
        self.ups = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in zip(chs[:-1], chs[1:]))
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(chs[:-1], chs[1:]))

    def forward(self, x, skips):
        for i in range(len(self.chs) - 1):
            x = self.ups[i](x)
            x = torch.cat((x, skips[i]), 1)
            x = self.convs[i](x).relu()
        return x

class Segmenter(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()
        self.head = nn.Conv2d(8, 1, kernel_size=1)

    def forward(self, x):
        skips = self.encoder(x)
        out = self.decoder(skips[::-1][0], skips[::-1][1:])
        return torch.sigmoid(self.head(out))

net = Segmenter()
""",
        (3, 48, 64),
    ),
    "eeg": (
        """
class Conv2dWithConstraint(nn.Conv2d):
    def __init__(self, *args, max_norm=1, **kwargs):
        self.max_norm = max_norm
        super().__init__(*args, **kwargs)

class EEGModel(nn.Module):
    def __init__(self, n_channels=22, n_times=256, F1=8, D=2, kernel_length=64, n_classes=4, drop=0.5):
        super().__init__()
        F2 = F1 * D
        self.temporal = nn.Sequential(
            nn.Conv2d(1, F1, (1, kernel_length), padding="same", bias=False), nn.BatchNorm2d(F1))
        self.spatial = nn.Sequential(
            Conv2dWithConstraint(F1, F2, (n_channels, 1), groups=F1, bias=False, max_norm=1),
            nn.BatchNorm2d(F2), nn.ELU(), nn.AvgPool2d((1, 4)), nn.Dropout(drop))
        self.separable = nn.Sequential(
            nn.Conv2d(F2, F2, (1, 16), padding=(0, 8), groups=F2, bias=False),
            nn.Conv2d(F2, F2, 1, bias=False), nn.BatchNorm2d(F2), nn.ELU(), nn.AvgPool2d((1, 8)), nn.Dropout(drop))
        self.classify = nn.Linear(F2 * (n_times // 32), n_classes)

    def forward(self, x):
        if x.dim() == 3:
            x = x.unsqueeze(1)
        x = self.separable(self.spatial(self.temporal(x)))
        return self.classify(x.flatten(start_dim=1))

net = EEGModel()
""",
        (1, 22, 256),
    ),
    "ecg_1d": (
        """
class ResBlock1d(nn.Module):
    def __init__(self, cin, cout, k=7, stride=1):
        super().__init__()
        pad = k // 2
        self.body = nn.Sequential(
            nn.Conv1d(cin, cout, k, stride, pad), nn.BatchNorm1d(cout), nn.ReLU(),
            nn.Dropout(0.2), nn.Conv1d(cout, cout, k, 1, pad), nn.BatchNorm1d(cout))
        self.skip = nn.Conv1d(cin, cout, 1, stride) if (stride != 1 or cin != cout) else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.skip(x))

widths = [12, 32, 64, 64]
net = nn.Sequential(
    *[ResBlock1d(a, b, stride=2) for a, b in zip(widths, widths[1:])],
    nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(widths[-1], 5))
""",
        (12, 1000),
    ),
    "ordered_dict": (
        """
from collections import OrderedDict
net = nn.Sequential(OrderedDict([
    ("conv1", nn.Conv2d(1, 6, 5, padding=2)), ("act1", nn.Tanh()), ("pool1", nn.AvgPool2d(2, stride=2)),
    ("conv2", nn.Conv2d(6, 16, 5)), ("act2", nn.Tanh()), ("pool2", nn.AvgPool2d(2, stride=2)),
    ("flat", nn.Flatten()), ("fc1", nn.Linear(16 * 5 * 5, 120)), ("fc2", nn.Linear(120, 84)), ("out", nn.Linear(84, 10)),
]))
""",
        (1, 28, 28),
    ),
    "add_module_names": (
        """
class Stack(nn.Sequential):
    def __init__(self, depth, width):
        super().__init__()
        c = 3
        for i in range(depth):
            self.add_module(f"conv{i + 1}", nn.Conv2d(c, width * 2**i, 3, stride=2, padding=1))
            self.add_module("act%d" % (i + 1), nn.LeakyReLU(0.1))
            c = width * 2**i
        self.add_module("pool", nn.AdaptiveMaxPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("fc", nn.Linear(c, 2))

net = Stack(depth=3, width=8)
""",
        (3, 40, 40),
    ),
    "dense": (
        """
class DenseLayer(nn.Module):
    def __init__(self, channels, growth_rate, bn_size=4, drop_rate=0.0):
        super().__init__()
        inner = bn_size * growth_rate
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, inner, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(inner), nn.Conv2d(inner, growth_rate, 3, padding=1, bias=False)
        self.drop_rate = float(drop_rate)

    def forward(self, *features):
        out = self.conv1(F.relu(self.norm1(torch.cat(features, 1))))
        out = self.conv2(F.relu(self.norm2(out)))
        if self.drop_rate > 0:
            out = F.dropout(out, p=self.drop_rate, training=self.training)
        return out

class DenseBlock(nn.ModuleDict):
    def __init__(self, n, channels, growth):
        super().__init__()
        for i in range(n):
            self.add_module("layer%d" % i, DenseLayer(channels + i * growth, growth))

    def forward(self, first):
        features = [first]
        for name, layer in self.items():
            features.append(layer(*features))
        return torch.cat(features, 1)

class DenseNet(nn.Module):
    def __init__(self, growth=8, config=(3, 4), init=16, classes=6):
        super().__init__()
        layers = [("conv0", nn.Conv2d(1, init, 3, padding=1, bias=False))]
        channels = init
        for i, n in enumerate(config):
            layers.append((f"block{i}", DenseBlock(n, channels, growth)))
            channels += n * growth
            if i != len(config) - 1:
                layers += [(f"down{i}", nn.Conv2d(channels, channels // 2, 1)), (f"pool{i}", nn.AvgPool2d(2, 2))]
                channels //= 2
        from collections import OrderedDict
        self.features = nn.Sequential(OrderedDict(layers))
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.features(x), inplace=True)
        x = torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1)
        return self.classifier(x)

net = DenseNet()
""",
        (1, 32, 32),
    ),
    "inverted_residuals": (
        """
def _make_divisible(v, divisor=8):
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    return new_v + divisor if new_v < 0.9 * v else new_v

def conv_bn(inp, oup, k, s, groups=1, act=nn.ReLU6):
    mods = [nn.Conv2d(inp, oup, k, s, (k - 1) // 2, groups=groups, bias=False), nn.BatchNorm2d(oup)]
    if act is not None:
        mods.append(act(inplace=True))
    return nn.Sequential(*mods)

class SE(nn.Module):
    def __init__(self, c, r=4):
        super().__init__()
        self.fc = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c // r, 1), nn.ReLU(), nn.Conv2d(c // r, c, 1), nn.Hardsigmoid())
    def forward(self, x):
        return x * self.fc(x)

class InvertedResidual(nn.Module):
    def __init__(self, inp, oup, stride, expand_ratio, use_se=False):
        super().__init__()
        assert stride in [1, 2], "only 1 or 2"
        hidden = int(round(inp * expand_ratio))
        self.use_res_connect = stride == 1 and inp == oup
        layers = []
        if expand_ratio != 1:
            layers.append(conv_bn(inp, hidden, 1, 1))
        layers.extend([
            conv_bn(hidden, hidden, 3, stride, groups=hidden),
            SE(hidden) if use_se else nn.Identity(),
            conv_bn(hidden, oup, 1, 1, act=None),
        ])
        self.conv = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv(x) if self.use_res_connect else self.conv(x)

class Mobile(nn.Module):
    SETTINGS = [  # t, c, n, s
        [1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 2, 2],
    ]
    def __init__(self, width_mult=0.75, classes=3):
        super().__init__()
        c = _make_divisible(32 * width_mult)
        self.stem = conv_bn(3, c, 3, 2)
        blocks = []
        for t, ch, n, s in self.SETTINGS:
            out = _make_divisible(ch * width_mult)
            for i in range(n):
                blocks.append(InvertedResidual(c, out, s if i == 0 else 1, expand_ratio=t, use_se=i % 2 == 1))
                c = out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(c, classes)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        x = nn.functional.adaptive_avg_pool2d(x, 1).reshape(x.shape[0], -1)
        return self.head(x)

net = Mobile()
""",
        (3, 64, 64),
    ),
    "inception": (
        """
class ConvBlock(nn.Module):
    def __init__(self, cin, cout, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(cout, eps=0.001)
    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)

class Inception(nn.Module):
    def __init__(self, cin, c1, c3r, c3, c5r, c5, pp):
        super().__init__()
        self.branch1 = ConvBlock(cin, c1, kernel_size=1)
        self.branch2 = nn.Sequential(ConvBlock(cin, c3r, kernel_size=1), ConvBlock(c3r, c3, kernel_size=3, padding=1))
        self.branch3 = nn.Sequential(ConvBlock(cin, c5r, kernel_size=1), ConvBlock(c5r, c5, kernel_size=(1, 5), padding=(0, 2)),
                                     ConvBlock(c5, c5, kernel_size=(5, 1), padding=(2, 0)))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), ConvBlock(cin, pp, kernel_size=1))
    def _forward(self, x):
        return [branch(x) for branch in (self.branch1, self.branch2, self.branch3, self.branch4)]
    def forward(self, x):
        return torch.cat(self._forward(x), 1)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvBlock(3, 24, kernel_size=5, stride=2)
        self.lrn = nn.LocalResponseNorm(5)
        self.a = Inception(24, 8, 8, 16, 4, 8, 8)
        self.b = Inception(8 + 16 + 8 + 8, 16, 8, 16, 4, 8, 8)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(48, 7)
    def forward(self, x):
        x = self.lrn(F.max_pool2d(self.stem(x), kernel_size=3, stride=2, ceil_mode=True))
        x = self.pool(self.b(self.a(x))).squeeze(-1).squeeze(-1)
        return self.fc(x)

net = Net()
""",
        (3, 75, 75),
    ),
    "module_dict": (
        """
class Multi(nn.Module):
    def __init__(self, act="gelu"):
        super().__init__()
        self.acts = nn.ModuleDict({"relu": nn.ReLU(), "gelu": nn.GELU(), "prelu": nn.PReLU(8)})
        self.heads = nn.ModuleDict()
        for name, n in {"age": 1, "sex": 2}.items():
            self.heads[name] = nn.Linear(8, n)
        self.conv = nn.Conv2d(1, 8, 3)
        self.act = act
    def forward(self, x):
        x = self.acts[self.act](self.conv(x))
        x = x.amax(dim=(2, 3))
        return torch.cat([head(x) for head in self.heads.values()], dim=-1)

net = Multi("prelu")
""",
        (1, 20, 20),
    ),
    "config_dataclass": (
        """
from dataclasses import dataclass, field

@dataclass
class Config:
    channels: tuple = (16, 32)
    kernel: int = 3
    classes: int = 4
    use_bn: bool = True
    acts: list = field(default_factory=lambda: ["relu", "silu"])

ACTS = {"relu": nn.ReLU, "silu": nn.SiLU}

class Net(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        layers, c = [], 3
        for out, act in zip(cfg.channels, cfg.acts):
            layers.append(nn.Conv2d(c, out, cfg.kernel, padding=cfg.kernel // 2, bias=not cfg.use_bn))
            if cfg.use_bn:
                layers.append(nn.BatchNorm2d(out))
            layers += [ACTS[act](), nn.MaxPool2d(2)]
            c = out
        self.net = nn.Sequential(*layers)
        self.out = nn.Linear(c, cfg.classes)

    def forward(self, x):
        return self.out(self.net(x).mean(dim=(-2, -1)))

config = Config(channels=(8, 24), kernel=5)
net = Net(config)
if __name__ == "__main__":
    print(sum(p.numel() for p in net.parameters() if p.requires_grad))
""",
        (3, 33, 41),
    ),
    "training_code_around": (
        """
import math
BATCH_SIZE, EPOCHS, LR = 64, 10, 1e-3
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
train_set = None

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        hidden = int(math.sqrt(4096)) * 2
        self.net = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 14 * 14, hidden), nn.ReLU(), nn.Linear(hidden, 10))
    def forward(self, x): return self.net(x)

net = Net().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=LR, weight_decay=5e-4)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)

def train(epoch):
    net.train()
    for batch_idx, (inputs, targets) in enumerate(train_set):
        optimizer.zero_grad()
        loss = criterion(net(inputs), targets)
        loss.backward()
        optimizer.step()
        if batch_idx % 100 == 0:
            print(f"epoch {epoch}: {loss.item():.3f} ({100. * batch_idx:.0f}%)")

best = 0.0
for epoch in range(0):
    train(epoch)
""",
        (3, 32, 32),
    ),
    "lazy": (
        """
net = nn.Sequential(nn.LazyConv2d(12, 3, stride=2), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Conv2d(12, 20, 3, dilation=2),
                    nn.Flatten(), nn.LazyLinear(30), nn.ReLU(), nn.Linear(30, 2))
net(torch.zeros(2, 2, 30, 30))
""",
        (2, 30, 30),
    ),
    "gan_generator": (
        """
nz, ngf, nc = 16, 8, 3
class Generator(nn.Module):
    def __init__(self, ngpu=1):
        super(Generator, self).__init__()
        self.ngpu = ngpu
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 4, 4, 1, 0, bias=False), nn.BatchNorm2d(ngf * 4), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf * 2), nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, nc, 3, 2, 1, output_padding=1), nn.Tanh())
    def forward(self, input):
        return self.main(input)

net = Generator()
""",
        (16, 1, 1),
    ),
    "autoencoder": (
        """
class AE(nn.Module):
    def __init__(self, latent_dim=20):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten())
        self.mu, self.logvar = nn.Linear(32 * 7 * 7, latent_dim), nn.Linear(32 * 7 * 7, latent_dim)
        self.decoder = nn.Sequential(nn.Linear(latent_dim, 32 * 7 * 7), nn.Unflatten(1, (32, 7, 7)), nn.Upsample(scale_factor=2), nn.Conv2d(32, 16, 3, padding=1),
            nn.ReLU(), nn.Upsample(size=(28, 28)), nn.Conv2d(16, 1, 3, padding=1), nn.Sigmoid())
    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std
    def forward(self, x):
        h = self.encoder(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = self.reparameterize(mu, logvar)
        return self.decoder(z), mu, logvar

net = AE()
""",
        (1, 28, 28),
    ),
    "shuffle": (
        """
def channel_shuffle(x, groups):
    batchsize, num_channels, height, width = x.size()
    channels_per_group = num_channels // groups
    x = x.view(batchsize, groups, channels_per_group, height, width)
    x = torch.transpose(x, 1, 2).contiguous()
    return x.view(batchsize, -1, height, width)

class Unit(nn.Module):
    def __init__(self, c):
        super().__init__()
        b = c // 2
        self.branch = nn.Sequential(nn.Conv2d(b, b, 1), nn.ReLU(), nn.Conv2d(b, b, 3, padding=1, groups=b), nn.Conv2d(b, b, 1))
    def forward(self, x):
        x1, x2 = x.chunk(2, dim=1)
        return channel_shuffle(torch.cat((x1, self.branch(x2)), dim=1), 2)

net = nn.Sequential(nn.Conv2d(3, 16, 3), *(Unit(16) for _ in range(3)), nn.PixelUnshuffle(2), nn.Conv2d(64, 12, 1), nn.PixelShuffle(2))
""",
        (3, 18, 18),
    ),
    "volume_3d": (
        """
class Net3d(nn.Module):
    def __init__(self, base=8):
        super().__init__()
        def block(i, o):
            return nn.Sequential(nn.Conv3d(i, o, (3, 3, 3), padding=1), nn.InstanceNorm3d(o, affine=True), nn.LeakyReLU(0.01))
        self.features = nn.Sequential(block(1, base), nn.MaxPool3d((1, 2, 2)), block(base, base * 2), nn.AvgPool3d(2))
        self.head = nn.Sequential(nn.AdaptiveAvgPool3d((None, 1, 1)), nn.Flatten(), nn.Linear(base * 2 * 5, 3))
    def forward(self, x):
        return self.head(self.features(x))

net = Net3d()
""",
        (1, 10, 24, 20),
    ),
    "cnn_lstm": (
        """
class CNNLSTM(nn.Module):
    def __init__(self, hidden=24, layers=2):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv1d(6, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(4))
        self.lstm = nn.LSTM(16, hidden, layers, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, 6)
    def forward(self, x):
        x = self.cnn(x).permute(0, 2, 1)
        out, (h, c) = self.lstm(x)
        return self.fc(out[:, -1, :])

net = CNNLSTM()
""",
        (6, 128),
    ),
    "two_networks": (
        """
class Discriminator(nn.Module):
    def __init__(self, channels=(64, 128)):
        super().__init__()
        seq, c = [], 3
        for ch in channels:
            seq.extend((nn.Conv2d(c, ch, 4, 2, 1), nn.GroupNorm(8, ch), nn.LeakyReLU(0.2)))
            c = ch
        self.seq = nn.Sequential(*seq)
        self.final = nn.Conv2d(c, 1, 8)
    def forward(self, img):
        return self.final(self.seq(img)).view(-1)

class Gen(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(10, 3 * 32 * 32)
    def forward(self, z):
        return self.fc(z).view(-1, 3, 32, 32)

net = Discriminator()
generator = Gen()
""",
        (3, 32, 32),
    ),
    "shared_layer": (
        """
class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Conv2d(3, 10, 1)
        self.conv = nn.Conv2d(10, 10, 3, padding=1)
        self.scale = nn.Parameter(torch.ones(1, 10, 1, 1))
        self.unused = nn.Linear(7, 7)
        self.register_buffer("mean", torch.zeros(3, 1, 1))
    def forward(self, x):
        x = self.inp((x - self.mean) / 0.5)
        for _ in range(3):
            x = x + self.scale * self.conv(F.relu(x))
        return x.mean((2, 3)) @ torch.ones(10, 2)

net = Twice()
""",
        (3, 12, 16),
    ),
    "patches": (
        """
class Attention(nn.Module):
    def __init__(self, dim, heads=4):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3, bias=False)
        self.proj = nn.Linear(dim, dim)
    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        attn = (q @ k.transpose(-2, -1)) * self.scale
        attn = attn.softmax(dim=-1)
        x = (attn @ v).transpose(1, 2).reshape(B, N, C)
        return self.proj(x)

class ViT(nn.Module):
    def __init__(self, size=32, patch=8, dim=48, depth=2, classes=5):
        super().__init__()
        self.embed = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)
        n = (size // patch) ** 2
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, n + 1, dim) * 0.02)
        dpr = [v.item() for v in torch.linspace(0, 0.1, depth)]
        self.blocks = nn.ModuleList()
        for i in range(depth):
            self.blocks.append(nn.ModuleDict(dict(n1=nn.LayerNorm(dim), attn=Attention(dim), n2=nn.LayerNorm(dim),
                mlp=nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Dropout(dpr[i]), nn.Linear(2 * dim, dim)))))
        self.head = nn.Linear(dim, classes)
    def forward(self, x):
        B = x.shape[0]
        x = self.embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(B, -1, -1), x], dim=1) + self.pos
        for blk in self.blocks:
            x = x + blk["attn"](blk["n1"](x))
            x = x + blk["mlp"](blk["n2"](x))
        return self.head(x[:, 0])

net = ViT()
""",
        (3, 32, 32),
    ),
    "mixer_1x1": (
        """
class ConvMixer(nn.Sequential):
    def __init__(self, dim=32, depth=2, k=5, patch=4, classes=3):
        class Residual(nn.Module):
            def __init__(self, fn):
                super().__init__()
                self.fn = fn
            def forward(self, x):
                return self.fn(x) + x
        super().__init__(
            nn.Conv2d(3, dim, patch, patch), nn.GELU(), nn.BatchNorm2d(dim),
            *[nn.Sequential(Residual(nn.Sequential(nn.Conv2d(dim, dim, k, groups=dim, padding="same"), nn.GELU(), nn.BatchNorm2d(dim))),
                            nn.Conv2d(dim, dim, 1), nn.GELU(), nn.BatchNorm2d(dim)) for i in range(depth)],
            nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(dim, classes))

net = ConvMixer()
""",
        (3, 32, 32),
    ),
    "while_and_try": (
        """
try:
    import some_extension
except ImportError:
    some_extension = None

class Pyramid(nn.Module):
    def __init__(self, size, c=4):
        super().__init__()
        self.steps = nn.ModuleList()
        while size > 4:
            self.steps.append(nn.Conv2d(c, c * 2, 2, 2)); size //= 2; c *= 2
        self.out_dim = c * size * size
        self.fc = nn.Linear(self.out_dim, 2)
    @property
    def depth(self):
        return len(self.steps)
    @staticmethod
    def act(x):
        return F.leaky_relu(x, negative_slope=0.1)
    def forward(self, x):
        for i, step in enumerate(self.steps):
            x = self.act(step(x))
            if i == self.depth - 1:
                break
        n = x.numel() // len(x)
        return self.fc(x.reshape(-1, n))

net = Pyramid(32)
""",
        (4, 32, 32),
    ),
    "inherited": (
        """
class Base(nn.Module):
    width = 8
    def __init__(self, in_channels, **kw):
        super().__init__()
        self.in_channels = in_channels
        self.stem = self.build_stem(**kw)
    def build_stem(self, kernel=3):
        return nn.Conv2d(self.in_channels, self.width, kernel)
    def head(self, x):
        raise NotImplementedError
    def forward(self, x):
        return self.head(self.stem(x))

class Wide(Base):
    width = 24
    def __init__(self, *args, classes=2, **kw):
        super().__init__(*args, **kw)
        self.fc = nn.Linear(self.width, classes)
    def build_stem(self, kernel=3):
        return nn.Sequential(super().build_stem(kernel), nn.Hardswish())
    def head(self, x):
        return self.fc(F.adaptive_max_pool2d(x, 1)[:, :, 0, 0])

net = Wide(1, classes=3, kernel=(3, 5))
""",
        (1, 16, 16),
    ),
    "nothing_built": (
        """
class Block(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.c = nn.Conv2d(i, o, 3, padding=1)
    def forward(self, x):
        return F.relu(self.c(x))

class TheNet(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.blocks = nn.Sequential(*[Block(2 if i == 0 else 6, 6) for i in range(n)])
    def forward(self, x):
        out = {"features": self.blocks(x)}
        out["pooled"] = out["features"].flatten(2).mean(-1)
        return out["pooled"]
# net = TheNet()
""",
        (2, 9, 9),
    ),
    "torchvision_changed": (
        """
from torchvision import models
net = models.resnet18(weights=None)
net.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
for p in net.parameters():
    p.requires_grad = False
net.fc = nn.Sequential(nn.Dropout(0.3), nn.Linear(net.fc.in_features, 2))
""",
        (1, 96, 96),
    ),
    "truncated_backbone": (
        """
import torchvision
class Features(nn.Module):
    def __init__(self):
        super().__init__()
        resnet = torchvision.models.resnet18(weights=None)
        modules = list(resnet.children())[:-2]
        self.backbone = nn.Sequential(*modules)
        self.reduce = nn.Conv2d(512, 32, 1)
    def forward(self, x):
        x = self.reduce(self.backbone(x))
        return x.max(dim=-1)[0].max(dim=-1).values if False else torch.max(x.flatten(2), 2)[0]

net = Features()
""",
        (3, 64, 64),
    ),
}
