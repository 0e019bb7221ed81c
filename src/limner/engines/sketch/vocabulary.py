"""The words sketch understands besides the names of icons. Tables only; precision before reach.

A word that is in no table is never guessed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from limner.engines.sketch.colour import Colour


def _table(text: str) -> dict[str, str]:
    """`value: word, phrase of words, …` a line, continued on indented ones -> word or phrase to value."""
    table: dict[str, str] = {}
    for line in text.strip().replace("\n    ", " ").splitlines():
        value, _, words = line.partition(":")
        table.update({word.strip(): value.strip() for word in words.split(",")})
    return table


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBERS: Final[Mapping[str, int]] = {
    "a": 1, "an": 1, "one": 1, "single": 1, "lone": 1, "solitary": 1, "two": 2, "both": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20,
    "several": 4, "few": 3, "some": 3, "many": 8, "lots": 8, "flock": 6, "herd": 5, "swarm": 9, "school": 6,
    "pair": 2, "couple": 2, "bunch": 5, "pile": 6, "group": 4, "row": 5, "trio": 3, "pack": 4, "hundreds": 16,
    "hundred": 16, "thousand": 16, "thousands": 16,
}  # fmt: skip

COLOURS: Final[Mapping[str, Colour]] = {
    name: Colour.parse(code)
    for name, code in {
        "red": "#e02b2b", "crimson": "#b8132f", "scarlet": "#e5281d", "burgundy": "#7b1230", "maroon": "#7c1c24",
        "orange": "#f5821f", "peach": "#fbb58d", "coral": "#ff7a62", "gold": "#e6ac1c", "golden": "#e6ac1c",
        "yellow": "#f9cf23", "lime": "#a5d628", "green": "#37a447", "emerald": "#0f9d62", "mint": "#8fdcb9",
        "olive": "#8a8b33", "teal": "#14908f", "turquoise": "#2cc5c0", "cyan": "#22bcd8", "blue": "#2d74da",
        "navy": "#1c2f66",
        "indigo": "#443bb0", "purple": "#8643c4", "violet": "#8a4fdc",
        "lavender": "#b9a1ea", "lilac": "#c7a7e4", "magenta": "#d62a9d",
        "pink": "#f581b1", "rose": "#e8607f", "brown": "#8a5a35", "tan": "#c9a172", "beige": "#dfcaa5",
        "cream": "#f3e6c8", "white": "#f2f2f0", "ivory": "#f4efe0",
        "silver": "#b7bec6", "grey": "#868d95", "gray": "#868d95",
        "black": "#26282d", "bronze": "#a8713a", "copper": "#b9683a",
        "rusty": "#a4532f",
    }.items()
}  # fmt: skip

MATERIALS: Final = _table("""
wood: wooden, wood, timber
stone: stone, granite, concrete
marble: marble, porcelain
gold: gold, golden, gilded
silver: silver
bronze: bronze, brass
copper: copper
steel: steel, metal, metallic, chrome, iron, aluminium, aluminum, titanium
glass: glass
ice: ice
crystal: crystal
paper: paper, origami, cardboard
brick: brick
knitted: knitted, knit, crocheted, crochet, woolen, woollen, wool
leather: leather
sand: sand
""")
"""What things are made of -> the words for it, which stand before a thing, or after "made of"."""

DRESSED: Final[Mapping[str, tuple[str, str | None]]] = {
    "bride": ("dress", "white"),
    "groom": ("suit", None),
    "businessman": ("suit", None),
    "businesswoman": ("suit", None),
    "salesman": ("suit", None),
}
"""People known by what they wear -> the garment and its colour."""

STATUES: Final = frozenset(("statue", "sculpture", "figurine", "statuette", "carving"))
"""Words for a thing of a material that lives otherwise; of stone, unless the prompt says."""

ACTS: Final = _table("""
sleeping: sleeping, asleep, sleeps, sleep, napping, snoozing, dozing, curled up
running: running, runs, sprinting, jogging
walking: walking, walks, strolling, wandering, hiking
jumping: jumping, jumps, leaping, hopping
dancing: dancing, dances, twirling
waving: waving
cheering: cheering, celebrating
pointing: pointing
sitting: sitting, sits, seated, meditating, kneeling, building
picnicking: having a picnic, picnicking, have a picnic
cooking: cooking, cooks, frying
painting: painting, paints
fishing: fishing
swimming: swimming, swims, snorkeling, snorkelling
flying: flying, flies, soaring, hovering, floating in the air
feeding: feeding, feeds
reading: reading, reads
drinking: drinking, drinks, sipping, eating
""")
"""What somebody does -> the words for it. What of it shows is for `casting.py` to say."""

PERFORMERS: Final[Mapping[str, str]] = {
    "runner": "running", "jogger": "running", "hiker": "walking", "pedestrian": "walking", "traveller": "walking",
    "traveler": "walking", "wanderer": "walking", "dancer": "dancing", "swimmer": "swimming", "painter": "painting",
    "fisherman": "fishing", "shepherd": "walking", "musician": "strumming", "guitarist": "strumming",
}  # fmt: skip
"""People known by what they do -> what that is."""

TOOLS: Final[Mapping[str, tuple[str, str]]] = {
    "reading": ("open-book", "held"),
    "fishing": ("fishing-pole", "held"),
    "painting": ("easel", "beside"),
    "picnicking": ("picnic-blanket", "free"),
}
"""Acts that nobody does without a thing -> it, and how it is to who does it; "free": it is there once, for all."""

SHOWN_ALREADY: Final[Mapping[str, frozenset[str]]] = {
    "health-worker": _words("stethoscope"),
    "steaming-bowl": _words("egg chopsticks bowl cooked-rice"),
    "cooked-rice": _words("bowl"),
    "green-salad": _words("bowl tomato"),
    "curry-rice": _words("bowl"),
    "pancakes": _words("butter honey-pot"),
    "cook": _words("spoon"),
    "knight": _words("dagger shield"),
    "construction-worker": _words("rescue-workers-helmet"),
    "firefighter": _words("rescue-workers-helmet"),
    "astronaut-figure": _words("goggles"),
    "graduation-cap": _words("necktie"),
    "pizza-whole": _words("cheese-wedge tomato"),
    "pizza": _words("cheese-wedge tomato"),
    "hamburger": _words("cheese-wedge tomato leafy-green"),
}
"""Things -> what their drawings show of themselves; it is not drawn beside them."""

SHAPES: Final = _words("circle square triangle rectangle oval hexagon cube sphere")
"""Figures of geometry: said with an article or a colour, and of nothing."""

PRINTABLE: Final = _words("t-shirt mug shield balloon running-shirt wrapped-gift package handbag backpack")
"""What carries a picture: "a mug with a fox on it"."""

DRAWN_SEVERAL: Final = _words("books grapes french-fries pancakes peanuts beans chopsticks")
"""Icons that show several already."""

IN_PAIRS: Final = _words("sneakers shoes boots trainers sandals heels socks gloves skis skates slippers mittens")
"""Plurals that mean two."""

EMBLEMS: Final = _table("""
hot-beverage: coffee shop, cafe, coffeehouse, coffee house, coffee company, coffee brand, roastery
croissant: bakery, patisserie
fork-and-knife-with-plate: restaurant, bistro, diner
pizza: pizzeria, pizza place
tulip: flower shop, florist, garden center
bicycle: bike shop, bicycle shop
paw-prints: pet shop, pet store, vet, veterinary, animal shelter
open-book: bookshop, bookstore, book store, book club, library, publisher
scissors: hair salon, barbershop, barber
camera: photography studio, photographer
saxophone: jazz festival, jazz concert, jazz night, jazz club, jazz band, jazz
guitar: music festival, rock concert, rock festival, rock band, music school
microphone: concert, karaoke, podcast
clapper-board: film festival, movie night, cinema, short film
artist-palette: art exhibition, art gallery, art school, art fair
beer-mug: brewery, pub, beer festival, oktoberfest
cocktail-glass: cocktail bar, bar, nightclub
soft-ice-cream: ice cream shop, ice cream parlor, gelateria
lotus: yoga studio, yoga, meditation, spa
rocket: startup, tech startup, product launch
graduation-cap: university, academy, graduation
balance-scale: law firm, lawyer
tooth: dentist, dental clinic
airplane: travel agency, airline
dna: biotech, biotech company
trophy: tournament, championship
christmas-tree: christmas, christmas party, christmas market
jack-o-lantern: halloween, halloween party
birthday-cake: birthday, birthday party
tropical-drink: beach party, summer party
honeybee: honey, honey farm, beekeeper
seedling: sustainability, recycling, organic farm
""")
"""Trades and occasions -> what stands for them on a logo or a poster that names nothing else to show."""

SIZES: Final[Mapping[str, float]] = {
    "tiny": 0.5, "miniature": 0.5, "small": 0.68, "little": 0.72, "short": 0.8, "baby": 0.6, "mini": 0.6,
    "big": 1.35, "large": 1.35, "tall": 1.3, "great": 1.3, "huge": 1.65, "giant": 1.8, "enormous": 1.8, "gigantic": 1.8,
    "massive": 1.7, "towering": 1.6, "colossal": 1.8,
}  # fmt: skip

POSITIONS: Final = _table("""
left: left, left side, leftmost
right: right, right side, rightmost
centre: centre, center, middle, centered, centred
top: top, upper
bottom: bottom, lower
foreground: foreground
background: background, distance, far away
corner: corner
""")

TIMES: Final = _table("""
dawn: dawn, sunrise, daybreak, early morning
day: day, daytime, noon, midday, morning, afternoon, daylight
sunset: sunset, golden hour, sundown, golden light, evening, evening light
dusk: dusk, twilight, blue hour
night: night, midnight, nighttime, moonlight, moonlit, starry, starlit, starry night, at night, full moon,
    moon, the moon
""")

WEATHERS: Final = _table("""
clear: clear sky, cloudless, sunny, bright sun
clouds: cloud, clouds, cloudy, overcast
rain: rain, rainy, raining, drizzle, downpour, rainstorm
storm: storm, stormy, thunder, thunderstorm, lightning, tempest
snow: snow, snowy, snowing, snowfall, blizzard, snowstorm, wintry, winter
fog: fog, foggy, mist, misty, haze, hazy
rainbow: rainbow, rainbows
stars: stars
aurora: aurora, northern lights, aurora borealis
""")

SEASONS: Final = _table("""
spring: spring, springtime, spring blossom, in bloom
summer: summer, summertime, midsummer
autumn: autumn, autumnal, fall colors, fall colours, fall foliage, autumn leaves, in the fall
winter: winter, wintry, wintertime
""")

CAMERAS: Final = _table("""
isometric: isometric, isometric view, isometric illustration, diorama, isometric style
close: close up, closeup, macro, extreme close up, headshot, bust, portrait
wide: wide shot, long shot, wide angle, establishing shot, extreme wide shot
above: from above, aerial, aerial view, bird eye view, birds eye view, top down, top view, top down view,
    overhead, drone shot,
    drone view, flat lay, flatlay, seen from above, overhead view, aerial shot, drone photo
""")

LAYOUTS: Final = _table("""
logo: logo, emblem, badge, logotype, brand mark, monogram, crest, logo design
icon: icon, app icon, favicon, clipart, clip art, pictogram
sticker: sticker, die cut sticker, decal, stickers
poster: poster, flyer, headline, typography, lettering, movie poster, concert poster, motivational poster,
    travel poster,
    event poster
banner: banner, web banner, header image, billboard, hero image, website banner
card: card, greeting card, invitation, postcard, birthday card, wedding invitation, christmas card
cover: cover, book cover, album cover, magazine cover
sign: sign, neon sign, street sign, shop sign
phone: mobile app, app screen, mobile ui, app ui, mobile app ui, mobile app ui mockup, login screen,
    app design, ui, ui mockup,
    mobile app design, app interface, phone ui, onboarding screen
dashboard: dashboard, analytics dashboard, admin panel, web app, control panel, data dashboard
page: landing page, website, web design, web page, webpage, website design, homepage, wireframe, home page,
    website mockup
""")

SCENES: Final = _table("""
sea: sea, ocean, coast, bay, harbour, harbor, waves, seascape, seaside, open water, island, tropical island,
    cliff, cliffs, shore, waters
beach: beach, sandy beach, seashore, tropics, tropical
lake: lake, mountain lake, pond, fjord, lakeside, loch, lagoon
river: river, riverside, stream, creek, brook, riverbank
road: road, highway, motorway, country road, winding road, desert road, long road, path, open road
cave: cave, cavern, grotto, crystal cave, mine
village: village, hamlet, small town, fishing village, mountain village
farm: farm, farmland, barn, farmyard, ranch
garden: garden, flower garden, backyard, botanical garden, rose garden, japanese garden, zen garden
mountains: mountain, mountains, alps, peak, peaks, mountainous, valley, himalayas, summit
forest: forest, woods, jungle, woodland, rainforest, grove, bamboo forest, trees
meadow: meadow, meadow of wildflowers, meadow of flowers, wildflowers, wildflower, field of flowers,
    field of wildflowers, wildflower meadow, field, fields, hill, hills, park,
    countryside, pasture, prairie, savanna, playground, rolling hills, green hills,
    savannah, lawn, landscape, spring meadow, flower field, vineyard
desert: desert, dunes, sahara, dune, canyon, mesa, wasteland
mars: mars, martian, red planet, alien planet, mars landscape
moon: moon surface, lunar surface, surface of the moon, on the moon, lunar
city: city, skyline, downtown, cityscape, metropolis, urban, new york, tokyo, town, city street,
    skyscrapers, manhattan, rooftop, rooftops
street: street, avenue, alley, quiet street, old town, boulevard, sidewalk, cobblestone street, shopping street,
    suburb, suburbs, neighborhood, neighbourhood
wall: brick wall, stone wall, wall, on a wall
room: room, bedroom, living room, interior, library, pub, tavern,
    in a bar, at a bar, at the bar, cabin interior, sitting room, indoors, cozy room, cosy
    room, cafe, coffee shop, studio apartment, bathroom, restaurant, bookshop, fireplace
kitchen: kitchen, bakery, cooking
office: office, classroom, workplace, meeting room, presentation, coworking space,
    workspace, study, business meeting, team meeting, in a meeting, conference, boardroom
stage: stage, on stage, concert, theatre, theater, opera, concert hall, spotlight, spotlights
space: space, outer space, galaxy, nebula, cosmos, universe, orbit, deep space, starfield, solar system, milky way
underwater: underwater, under water, under the sea, under the ocean, deep sea, coral reef, reef, ocean floor,
    seabed, aquarium, beneath the waves, in water, sea floor, seafloor, ocean bed, bottom of the sea
snow: snowy landscape, winter landscape, arctic, antarctica, tundra, ski slope, glacier, snowfield, north pole,
    winter wonderland
table: wooden table, tabletop, counter, shelf, plate, still life, slate, buffet, breakfast, lunch, dinner,
    on a table,
    on the table
sky: sky, in the sky, above the clouds, heaven, cloudscape, sea of clouds
abstract: abstract, pattern, geometric, wallpaper, bauhaus, texture, shapes, gradient, abstract art, abstraction
studio: studio, plain background, white background, simple background, studio background, product photo, product shot
""")

STYLES: Final = _table("""
flat: flat, flat illustration, flat design, flat style, vector art, vector illustration, minimal vector
ink: ink, ink drawing, ink wash, pen and ink, sumi e, ink painting, brush ink, calligraphy ink
lineart: line art, lineart, line drawing, outline drawing, coloring page, colouring page, one line drawing,
    line illustration
vaporwave: vaporwave, synthwave, retrowave, outrun, vaporwave style
blueprint: blueprint, technical drawing, schematic, cyanotype
papercut: paper cut, papercut, paper cutout, cut paper, layered paper, paper art, origami style, papercraft
photo: photo, photograph, photorealistic, photo realistic, realistic, cinematic, dslr, 35mm, hdr, photography,
    film still
stainedglass: stained glass, stained glass window, mosaic glass, tiffany glass
watercolour: watercolour, watercolor, aquarelle, gouache, watercolor painting, watercolour painting
pixel: pixel art, pixelart, 8 bit, 8bit, 16 bit, pixelated
neon: neon art, neon style, neon outline, neon lines
pencil: pencil drawing, pencil sketch, charcoal, graphite, sketch, hand drawn sketch, in pencil
lowpoly: low poly, lowpoly, polygonal
sepia: sepia, vintage photo, old photo, old photograph, daguerreotype
mono: black and white, monochrome, grayscale, greyscale, noir, film noir
poster: screen print, screenprint, risograph, pop art, woodcut, linocut, retro poster, vintage poster
oil: oil painting, oil on canvas, impressionist, impressionism, van gogh, monet, painting, painterly
""")

MOODS: Final = _table("""
warm: nostalgia, nostalgic, warm, cozy, cosy, comfort, memory, memories, home,
    love, romance, romantic, tender, vintage, retro, childhood
calm: calm, serene, serenity, peace, peaceful, tranquil, zen, quiet, gentle, soft, meditation, silence, hope,
    pastel, dreamy, dream, dreams
joy: joy, joyful, happy, happiness, cheerful, playful, celebration, festive, colorful, colourful, vibrant,
    energy, energetic, jazz, carnival, party, birthday party, birthday
dark: dark, gloomy, moody, mysterious, mystery, gothic, horror, fear, sad, sadness, grief, loneliness, lonely,
    melancholy, melancholic, despair, anxiety, dark mode, spooky, haunted, ominous, eerie
neon: neon, neon lights, cyberpunk, futuristic, future, technology, digital, electric, ai, artificial
    intelligence, code, data
fresh: nature, growth, fresh, ecology, green energy, sustainability, organic, health, wellness, life
cool: cool, cold, ice cold, winter mood, business, corporate, revenue, quarterly, finance, strategy, synergy,
    productivity, trust, logic, science, mathematics, professional, minimal, minimalist, clean
fire: anger, passion, passionate, rage, fiery, power, powerful, chaos, war, heat, hot
""")

SUBJECT_ALONE: Final = frozenset(("transparent background", "transparent", "cutout", "cut out", "no background"))
LANDSCAPE: Final = frozenset(
    (
        "landscape format",
        "landscape orientation",
        "wide",
        "widescreen",
        "panorama",
        "panoramic",
        "banner",
        "desktop wallpaper",
        "wide shot",
        "web banner",
        "dashboard",
        "landing page",
        "website",
    )
)
PORTRAIT: Final = frozenset(
    (
        "portrait format",
        "portrait orientation",
        "portrait",
        "vertical",
        "poster",
        "book cover",
        "phone wallpaper",
        "tall format",
        "flyer",
        "mobile app",
        "app screen",
    )
)

SYNONYMS: Final = _table("""
cat: kitten, kitty, tabby, tomcat, pussycat, siamese cat, persian cat
dog: puppy, pup, hound, doggy, labrador, retriever, beagle, terrier, corgi, golden retriever, husky, shiba inu,
    shiba, pug,
    chihuahua, dalmatian, bulldog, border collie, german shepherd, rottweiler, spaniel,
    dachshund, poodle dog
rabbit: bunny, hare
horse: pony, stallion, mare, foal
pig: piglet, hog
cow: calf, cattle
ewe: lamb, sheep
front-facing-baby-chick: chick
rooster: chicken, hen
deer: stag, doe, fawn, reindeer, elk
bird: songbird, sparrow, robin, bluebird, swallow
black-bird: crow, raven, blackbird
dove: pigeon, seagull, gull
eagle: hawk, falcon
duck: mallard, duckling
sauropod: dinosaur, brontosaurus, brachiosaurus
t-rex: tyrannosaurus, t rex, tyrannosaurus rex
lizard: gecko, salamander
crocodile: alligator
lady-beetle: ladybug, ladybird
honeybee: bumblebee
fish: goldfish, trout, salmon, carp
tropical-fish: clownfish, angelfish
orca: killer whale
spouting-whale: humpback
fox: vixen, red fox
automobile: car, sedan
bicycle: mountain bike, road bike, push bike
racing-car: race car, sports car, formula one car
pickup-truck: pickup
delivery-truck: truck, lorry, van
high-speed-train: bullet train
locomotive: steam train
train: subway train
airplane: plane, aeroplane, jet, airliner
small-airplane: biplane, propeller plane
sailboat: sailing boat, yacht, boat
tall-ship: tall ship, pirate ship, viking ship, longship, sailing ship, galleon, frigate, schooner
canoe: kayak, rowing boat, rowboat, row boat
ship: steamship, cargo ship, ocean liner, tanker
passenger-ship: cruise ship
flying-saucer: ufo, spaceship, alien ship
rocket: spacecraft, rocket ship, space shuttle
hot-air-balloon: hot air balloon, air balloon
house: home cottage, cottage, farmhouse, bungalow
cabin: cabin, log cabin, lodge, chalet
windmill: windmill, wind mill
house-with-garden: villa
houses: row houses
castle: fortress, palace
church: chapel, cathedral
hindu-temple: temple
japanese-castle: pagoda, japanese temple, samurai castle
waterfall: waterfall, cascade
iceberg: iceberg
sandcastle: sandcastle, sand castle, castle made of sand
paper-crane: origami crane, paper crane, origami bird
paper-plane: paper airplane, paper plane
beach-ball: beach ball, beachball
pedestal: pedestal, plinth, podium
knight: knight, crusader
whiteboard: whiteboard, white board, flip chart, flipchart
picnic-blanket: picnic blanket, picnic
cafe-table: cafe table, cafe tables, bistro table, street cafe, sidewalk cafe, outdoor cafe
diploma: diploma, degree certificate
check-mark: check mark, checkmark, tick mark
windowsill: windowsill, window sill, window ledge
cherry-tree: cherry tree, cherry blossoms, cherry blossom tree, cherry blossom trees, sakura tree
otter: sea otter, river otter
shinto-shrine: torii, torii gate, shrine
classical-building: parthenon, greek temple, museum
tokyo-tower: radio tower
eiffel-tower: eiffel tower
lighthouse: light house
tent: camp tent
tree: tree, oak, oak tree, maple tree, apple tree, birch, birch tree, willow, big tree, old tree
evergreen-tree: pine, pine tree, fir, fir tree, spruce
palm-tree: palm, coconut tree
leafless-tree: dead tree
blossom: flower, daisy
cherry-blossom: sakura
rose: red rose
potted-plant: houseplant, plant, fern, pot plant
bouquet: flowers bouquet, bunch of flowers, bouquet of flowers, bouquet of roses, bouquet of tulips, vase of flowers
red-apple: apple
hot-beverage: cup of coffee, coffee cup, coffee, espresso, cappuccino, latte, cup
teacup: cup of tea, tea, tea cup, teacup, black tea
teacup-without-handle: green tea, matcha
wine-glass: wine, glass of wine, red wine
cup-with-straw: lemonade, juice, soda
shortcake: slice of cake, cake slice
birthday-cake: cake
doughnut: donut
french-fries: chips
hamburger: burger, cheeseburger
baguette-bread: baguette
bread: loaf
soft-ice-cream: ice cream, ice cream cone
steaming-bowl: noodles, bowl of noodles, ramen, bowl of ramen, soup, bowl of soup
cooked-rice: rice, bowl of rice
spaghetti: pasta, plate of pasta
green-salad: salad bowl, bowl of salad
bowl: bowl, empty bowl
pizza-whole: whole pizza
cherries: cherry
grapes: bunch of grapes
blueberries: blueberry
watermelon: slice of watermelon
cheese-wedge: cheese
open-book: book
yarn: ball of yarn, ball of wool
wood: log, logs, firewood
laptop: notebook computer
desktop-computer: computer, pc, monitor
books: stack of books, pile of books
running-shoe: sneaker, trainers
chair: rocking chair
glasses: reading glasses
pot-of-food: cooking pot, pot, saucepan
shallow-pan-of-food: pan, frying pan, skillet
mobile-phone: smartphone, cellphone, cell phone
television: tv
floor-lamp: lamp, floor lamp, desk lamp, table lamp
couch: sofa, couch
armchair: armchair, arm chair, easy chair
table: table, dining table, coffee table, small table
desk: desk, writing desk
bookshelf: bookshelf, bookcase, book shelf
easel: easel
bench: bench, park bench
bridge: bridge, arch bridge, old bridge
fence: fence, picket fence
vase: vase, flower vase, amphora
bottle: bottle, bottle of wine, bottle of red wine, bottle of white wine, bottle of water, wine bottle, water bottle
perfume: perfume, perfume bottle, bottle of perfume, perfume flacon
mug: mug, coffee mug
framed-picture: painting on the wall, framed painting
guitar: electric guitar
violin: cello, fiddle
musical-keyboard: piano
soccer-ball: ball, football
wrapped-gift: present, gift box
red-heart: heart
star: gold star
gem-stone: diamond, jewel
crown: tiara
crossed-swords: swords
dagger: sword
light-bulb: lightbulb, bulb
globe-showing-europe-africa: globe, earth, planet earth
ringed-planet: planet, saturn
satellite: space station
snowman-without-snow: snowman
teddy-bear: teddy
astronaut-figure: astronaut, spaceman, cosmonaut
robot: android, droid
cook: chef, a cook, baker
health-worker: doctor, nurse, surgeon, physician, veterinarian, dentist, pharmacist
guard: royal guard, soldier
santa-claus: santa, father christmas
elf: elves
ghost: phantom
alien: extraterrestrial
person: person, human, someone, people, friend, friends, family, adult, stranger, customer, visitor, couple, crowd,
    player,
    barista, tourist, athlete, poet, writer, blogger, influencer, gamer, hacker, entrepreneur, professor,
    pirate, viking,
    monk, hipster, skater, neighbour, neighbor, shopkeeper, florist, barber, presenter, speaker,
    hiker, pedestrian, traveller, traveler, wanderer, runner, jogger, dancer, swimmer, painter, shepherd, musician,
    guitarist,
    team, audience, wedding couple, young couple, group of people, group of friends
man: man, guy, gentleman, father, dad, husband, young man, businessman, grown man, brother, uncle, groom, waiter,
    fisherman, sailor, policeman, postman, salesman, worker, cowboy, programmer, developer, engineer, gardener, driver
woman: woman, lady, mother, mom, mum, wife, young woman, businesswoman, sister, aunt, bride, waitress,
    model, housewife, actress
old-man: philosopher, old man, elderly man, grandfather, grandpa, elder, old gentleman, older man
old-woman: old woman, elderly woman, grandmother, grandma, granny, old lady, elderly lady, older woman
boy: boy, little boy, kid, child, son, young boy, teenage boy, teenager, schoolboy
girl: girl, little girl, daughter, young girl, teenage girl, schoolgirl
baby: baby, infant, toddler, newborn, baby boy, baby girl
person-biking: cyclist
ballet-dancer: ballerina
person-surfing: surfer
mage: wizard, witch, sorcerer
princess: queen
prince: king
umbrella: parasol
beret: beret
beanie: beanie, winter hat, woolly hat, knit cap, bobble hat
party-hat: party hat, birthday hat
cowboy-hat: cowboy hat, stetson
wizard-hat: wizard hat, witch hat, pointy hat
circle: circle, disc, disk
square: square
triangle: triangle
rectangle: rectangle
oval: oval, ellipse
hexagon: hexagon
cube: cube
sphere: sphere, orb
womans-hat: hat, sun hat, straw hat
billed-cap: cap, baseball cap
rescue-workers-helmet: helmet, hard hat
necktie: tie
sunglasses: shades
umbrella-on-ground: beach umbrella
fishing-pole: fishing rod
fire: campfire, bonfire, flame
rock: boulder, stone
seedling: sprout
pumpkin: pumpkin
hourglass-not-done: sand clock
old-key: antique key
video-game: gamepad
bar-chart: chart, bar graph
chart-increasing: line chart, growth chart
closed-book: red book
""")

NOT_OBJECTS: Final = _words("""
cook fly ram link label mate pick wood hook knot locked construction station seat wing salt fog sun moon full cloud
rainbow mountain desert ocean window door scroll thread memo herb herbs person object wedding office stadium receipt
printer factory worker clamp ledger cyclone camping shower ice comet ring student teacher artist singer guard pilot
scientist farmer firefighter detective bank hotel hospital oden ogre sake place food crescent glowing volcano
droplet package watch school bus stop sunny gear leaves straight island beach cooking
""")
"""Icon names that are verbs, too vague, or things the scenes draw by themselves; only longer phrases name them."""

ALLOWED_ANYWAY: Final = _table("""
bus: bus, city bus, coach
door: wooden door, front door
volcano: volcano
watch: wristwatch, pocket watch
package: parcel, cardboard box, box, crate
comet: comet
ring: diamond ring, wedding ring
school: school building, schoolhouse
factory: factory
hospital: hospital
hotel: hotel
artist: artist
scientist: scientist
farmer: farmer
firefighter: firefighter, fireman
detective: detective, sherlock
student: student, graduate
teacher: teacher
singer: singer
pilot: pilot
gear: cogwheel, gear wheel
""")

VERBLIKE: Final = _words("""
bear duck seal bat train bug slide drum rose fire ship plant book star house ski skis boot dress pen orange lock
peach lemon lime olive mouse key mirror coat table tie cap
""")
"""Nouns that are also verbs, colours or parts of others: they need an article, number, colour or size before them."""

COLLECTIVES: Final = frozenset(("fish", "sheep", "deer", "jellyfish", "blueberries", "grapes", "books"))
"""Words that without an article mean more than one."""

UNDRAWN: Final = _table("""
nothing: children book, children book illustration, book illustration, story book, carrot nose, button eyes,
    red panda, snow globe, guinea pig, sea lion, sea horse, seahorse, hot plate,
    star wars, bear market, bull market,
    at the camera, at camera, to the camera, into the camera, facing the camera, on camera,
    sleeping bag, walking stick, stone throw,
    swimming pool, washing machine, sewing machine, fishing net, vending machine,
    horse drawn, bear hug, fish tank, dragon fruit, dog food, cat food, bird feeder, beach house, sand box,
    apple watch, house of cards, piano keys, key visual, fish and chips,
    ice hockey, water color, fire escape, heart attack, brain storm, brainstorm, rock band, rock music, rock star,
    pop star, movie star, film star, super star, rose gold, horse race, cat eye, dog days, tiger lily,
    flower shop, bicycle shop, pet shop, gift shop, toy shop, shoe shop, book store, book club, car wash,
    car park, egg head, bird house, dog house, tree house, doll house, ghost town, log in, log out,
    spider man, spiderman, bat man,
    batman, superman, iron man, snow white, polar express, toy story, lion king, star trek, board game, table tennis,
    key chain, keychain, cat walk, catwalk, horse power, horsepower, chess board, cell tower, mouse pad
""")
"""Names of what no drawing shows, made of words that do: they are drawn as nothing rather than as something else."""

GROUPS: Final[Mapping[str, int]] = {
    "family": 4,
    "couple": 2,
    "crowd": 9,
    "team": 5,
    "audience": 9,
    "friends": 3,
    "group": 4,
}
"""People by the word for several of them, and how many those are."""

INTERIORS: Final = frozenset(
    ("hospital", "hotel", "school", "factory", "bank", "post-office", "department-store", "cabin", "house", "hut")
)
"""Buildings that one is inside of when one is in them."""

GARMENTS: Final = _table("""
dress: dress, gown, skirt, sundress
suit: suit, tuxedo, business suit, blazer
coat: coat, jacket, raincoat, lab coat, cloak, cape, robe
shirt: shirt, sweater, turtleneck, hoodie, t shirt, jumper, blouse, uniform, pullover
""")
"""What people wear all over: it dresses them instead of standing beside them."""

LOOKS_BEFORE: Final = _table("""
suit: business, corporate
old: old, elderly, aged
bald: bald, bald headed
beard: bearded
blonde: blonde, blond, fair haired
redhead: redhead, red haired, ginger haired
dark: dark skinned, black skinned, african, african american
brown: brown skinned, indian, latina, latino, hispanic, middle eastern
light: pale, light skinned, fair skinned
curly: curly haired
long: long haired
grey: grey haired, gray haired, white haired
""")
"""Words before a person."""

LOOKS_AFTER: Final = _table("""
beard: beard, white beard, long beard, grey beard, full beard, moustache, mustache
curly: curly hair, afro, curls, curly black hair
long: long hair
short: short hair
bun: bun, hair bun
ponytail: ponytail, pony tail, pigtails, braids
bald: bald head, no hair
blonde: blonde hair, blond hair, golden hair
redhead: red hair, ginger hair
black: black hair, dark hair
grey: grey hair, gray hair, white hair, silver hair
dark: dark skin, black skin, deep skin
brown: brown skin, olive skin, tan skin, tanned skin
light: pale skin, light skin, fair skin
hijab: hijab, headscarf
freckles: freckles
""")
"""Words after a person, said with "with"."""
